/** Who a node is: its key, the name made of it, and the addresses under which others find it. */
export { type Identity, identityOf, loadIdentity } from './identity.ts'
export { formatMultiaddress, type Multiaddress, parseMultiaddress } from './multiaddress.ts'
export { type PeerId, parsePeerId, peerIdOf, publicKeyOf } from './peer-id.ts'
