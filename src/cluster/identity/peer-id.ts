import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeBase58, encodeBase58 } from './base58.ts'

declare const peerIdBrand: unique symbol

/**
 * Name of a node, as libp2p writes it: the base 58 of a multihash that holds an Ed25519 public key itself (`12D3KooW…`).
 * Only `parsePeerId` and `peerIdOf` make one, so it always stands for one key. Source: libp2p/specs, peer-ids.
 */
export type PeerId = string & { readonly [peerIdBrand]: true }

/** Multihash `identity` of 36 bytes, which are a protobuf: `Type` = Ed25519, `Data` = 32 bytes. */
const prefix = Buffer.from('002408011220', 'hex')
const publicKeyBytes = 32

/** Every such id has 52 letters: the prefix fixes the number of digits. */
const letters = 52

/** Before the 32 bytes of a key: DER of SubjectPublicKeyInfo with id-Ed25519 (RFC 8410 §4). */
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

/** The id of a public key; undefined when it is not an Ed25519 key. */
export function peerIdOf(publicKey: KeyObject): PeerId | undefined {
  if (publicKey.type !== 'public' || publicKey.asymmetricKeyType !== 'ed25519') return undefined
  return encodeBase58(Buffer.concat([prefix, rawPublicKey(publicKey)])) as PeerId
}

/** The id, or undefined when the text is none. Ids of other kinds of keys, and the longer form `bafz…`, are none here. */
export function parsePeerId(text: string): PeerId | undefined {
  if (text.length !== letters) return undefined
  const bytes = decodeBase58(text)
  const isWhole = bytes?.length === prefix.length + publicKeyBytes
  return isWhole && prefix.equals(bytes.subarray(0, prefix.length)) ? (text as PeerId) : undefined
}

/** The key that an id stands for, to check what its owner signed. */
export function publicKeyOf(peer: PeerId): KeyObject {
  const raw = (decodeBase58(peer) as Uint8Array).subarray(prefix.length)
  const key = Buffer.concat([publicKeyHead, raw])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(publicKeyHead.length)
}
