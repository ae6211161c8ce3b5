/** The node as one of a cluster: `cluster.ts` holds it together, `session.ts` is what is open of one cluster. */
export { startCluster } from './cluster.ts'
export type { LinkHandler, LinkRoutes } from './link-routes.ts'
export type { Cluster, ClusterMember, ClusterStatus } from './types.ts'
