/**
 * What all members of a cluster know of each other, and who of them lives. `step.ts` decides and says how; `service.ts`
 * acts. It holds nothing that must be agreed on: the list of members comes from the caller.
 */
export { type NodeEntry, openEntry, sealEntry } from './entry.ts'
export type { Status } from './members.ts'
export { decodePacket, encodePacket, type Packet, packetBytes } from './packet.ts'
export { type MemberView, type SoftStateService, startSoftState } from './service.ts'
export {
  initialState,
  type SoftState,
  type SoftStateEffect,
  type SoftStateEvent,
  type VerifiedPacket,
} from './state.ts'
export { step } from './step.ts'
export { type Timings, timings } from './timings.ts'
