/** The endpoints that the integration guide names, and which of them this version has. */

/** One of them. */
export interface GuideEndpoint {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** False where it is not built yet. */
  readonly isBuilt: boolean
}

/** In the order of the guide. Source: the integration guide, "API Gateway", "API Usage", "Model Management", "Cluster". */
export const guideEndpoints: readonly GuideEndpoint[] = [
  { method: 'POST', path: '/api/generate', isBuilt: true },
  { method: 'POST', path: '/api/chat', isBuilt: true },
  { method: 'GET', path: '/api/models', isBuilt: true },
  { method: 'GET', path: '/api/tags', isBuilt: true },
  { method: 'POST', path: '/api/pull', isBuilt: true },
  { method: 'POST', path: '/api/push', isBuilt: true },
  { method: 'GET', path: '/health', isBuilt: true },
  { method: 'GET', path: '/api/v1/health', isBuilt: true },
  { method: 'GET', path: '/api/v1/integration/status', isBuilt: true },
  { method: 'GET', path: '/api/v1/instances', isBuilt: true },
  { method: 'GET', path: '/api/v1/models', isBuilt: true },
  { method: 'POST', path: '/api/v1/models/pull', isBuilt: false },
  { method: 'GET', path: '/api/v1/models/sync-status', isBuilt: false },
  { method: 'POST', path: '/api/v1/models/force-sync', isBuilt: false },
  { method: 'GET', path: '/api/v1/cluster/status', isBuilt: true },
  { method: 'GET', path: '/api/v1/nodes', isBuilt: true },
]
