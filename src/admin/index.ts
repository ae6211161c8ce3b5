/**
 * The management API: one table of routes with their schemas (`api/table.ts`), from which requests are dispatched and
 * checked and the OpenAPI document and the reference page are made; and a page for people. Every report is a pure function
 * of what was measured; what was not measured is absent, and every figure stands beside its time.
 */
export { apiPaths, makeManagement } from './api/management.ts'
export { openApiDocument } from './api/openapi.ts'
export type { ApiRoute } from './api/route.ts'
export { apiTable } from './api/table.ts'
export type { ClusterActions, NodeFacts } from './cluster.ts'
export type { EngineActions, LongAction, NewEngine, Progress } from './engine-actions.ts'
export { EventLog } from './events/event-log.ts'
export type { ModelActions } from './model-actions.ts'
export type { ComponentStatus, NodeStatus } from './node-status.ts'
export { Operations } from './operations/operations.ts'
export type { AdminSources, EngineLog } from './ports.ts'
