/** A TCP proxy that spoils what passes. */
export { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
export type { CutBy, Direction, LinkFaults, LinkStats } from './link-faults.ts'
