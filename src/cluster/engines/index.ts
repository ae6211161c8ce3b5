/**
 * The engines of all nodes: what a node tells of its own (`makeAdvert`, `answerFullList`), and what the others told
 * (`startNeighbourEngines`). Who is a member, and whether it lives, is the caller's to say; how a request gets to an engine
 * is the gateway's business.
 */
export { type Advert, makeAdvert } from './advert.ts'
export { type AdvertWatch, startAdvertWatch } from './advert-watch.ts'
export { answerFullList, fullListPath } from './list-route.ts'
export type { ClusterMember, ClusterMembers, NodeRole } from './ports.ts'
export { type NeighbourEngines, startNeighbourEngines } from './service.ts'
