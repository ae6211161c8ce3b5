/**
 * Who belongs to a cluster: the records in the store of agreed state, the rules by which a node is admitted, and what goes
 * over the join route. It opens nothing by itself.
 */
export { askToJoin, type PeerAddress } from './ask.ts'
export { type AdmittedBody, type JoinAnswerBody, readWish, type WishBody } from './join-protocol.ts'
export { limits as membershipLimits } from './limits.ts'
export { type Membership, membershipIn, writeMembership } from './membership-file.ts'
export type { AgreedState } from './port.ts'
export {
  keys,
  type MemberRecord,
  readMember,
  readToken,
  readWaiting,
  recordsByPeer,
  type TokenRecord,
  type WaitingRecord,
} from './records.ts'
export { type MemberChange, Registry } from './registry.ts'
export { isProof, parseToken, proofOf, type ReadToken } from './tokens.ts'
export { readToldFacts } from './told-facts.ts'
