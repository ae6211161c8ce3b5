/** Nodes of the LAN find each other by multicast DNS, to be offered to whoever wants to join. */
export { type Discovery, type DiscoveryOptions, findOnce, startDiscovery } from './discovery.ts'
export type { FoundNode } from './found-nodes.ts'
export type { Announcement } from './record.ts'
