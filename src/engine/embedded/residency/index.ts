/** Which models are in memory. The worked example of a stateful part here: `residency.ts` decides, `service.ts` acts. */
export type { EvictionOrder } from './eviction.ts'
export type { ResidencyBounds } from './residency.ts'
export { type Lease, type Residency, type ResidentView, startResidency } from './service.ts'
