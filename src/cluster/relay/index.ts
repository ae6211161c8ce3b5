/**
 * Nodes that cannot be dialled (behind a NAT, behind a firewall) are reached through members that can be. The TLS between both
 * ends goes through as it is: a relay sees ciphertext. `way-in.ts` finds out whether this node needs that, and parks streams;
 * `hub.ts` passes on for others.
 */
export { type DialBackOptions, dialBackAnswerer, dialBackPath, mayBeDialled } from './dial-back.ts'
export { RelayHub, type RelayHubOptions } from './hub.ts'
export { type RelayLimits, relayLimits } from './limits.ts'
export { type OtherMember, WayIn, type WayInOptions } from './way-in.ts'
