import { type KeyObject, sign, verify } from 'node:crypto'
import { OdError } from '../../core/errors/index.ts'
import { type ByteReader, ByteWriter, malformed } from './bytes.ts'
import { limits } from './timings.ts'

/** Which of two entries of one node is the newer: the later start of the node, then the later of that start. */
export interface Version {
  /** Number of the node's start; grows with every start. At most 48 bits. */
  readonly epoch: number
  /** Number of the entry within that start, from 1. 32 bits. */
  readonly sequence: number
}

/** An entry as it came: nobody has looked at its signature or its body yet. */
export interface SealedEntry extends Version {
  readonly node: string
  /** How long it is good for, counted from its receipt. */
  readonly lifetimeMs: number
  /** All of it as its owner made it, the signature last; passed on unchanged. */
  readonly bytes: Uint8Array
}

/** What one node says of itself, with a signature that was found right. */
export interface NodeEntry extends SealedEntry {
  /** The owner's JSON object; what is in it is not this folder's business. */
  readonly body: Readonly<Record<string, unknown>>
}

/** Before the bytes that are signed, so that a signature made for something else never fits. */
const domain = Buffer.from('ollama-distributed node entry 1\0')
const signatureBytes = 64
const fixedBytes = 1 + 6 + 4 + 4 + 2

export function isNewer(one: Version, other: Version): boolean {
  return one.epoch === other.epoch ? one.sequence > other.sequence : one.epoch > other.epoch
}

/** The JSON of a body; `OD_NODE_ENTRY_TOO_LARGE` above `limits.bodyBytesMax`. */
export function encodeBody(body: object): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(body))
  if (bytes.length > limits.bodyBytesMax) {
    const parameters = { bytes: bytes.length, limit: limits.bodyBytesMax }
    throw new OdError('OD_NODE_ENTRY_TOO_LARGE', parameters)
  }
  return bytes
}

/** Makes and signs an entry (Ed25519) of a body that `encodeBody` made. */
export function sealEntry(
  head: Version & { readonly node: string; readonly lifetimeMs: number },
  body: Uint8Array,
  privateKey: KeyObject,
): NodeEntry {
  const writer = new ByteWriter(fixedBytes + head.node.length + body.length + signatureBytes)
  writer.text(head.node)
  writer.number(head.epoch, 6)
  writer.number(head.sequence, 4)
  writer.number(head.lifetimeMs, 4)
  writer.number(body.length, 2)
  writer.raw(body)
  writer.raw(sign(null, signedPart(writer.bytes), privateKey))
  return { ...head, bytes: writer.bytes, body: parseBody(body) ?? {} }
}

/** Reads one entry out of a packet, without a look at signature and body. */
export function readEntry(reader: ByteReader): SealedEntry {
  const from = reader.at
  const node = readNode(reader)
  const epoch = reader.number(6)
  const sequence = reader.number(4)
  const lifetimeMs = reader.number(4)
  const bodyBytes = reader.number(2)
  if (bodyBytes > limits.bodyBytesMax) throw malformed('a body is too large')
  reader.pass(bodyBytes + signatureBytes)
  return { node, epoch, sequence, lifetimeMs, bytes: reader.bytes.subarray(from, reader.at) }
}

/** The entry with its body, or nothing when the signature is not its owner's or the body no JSON object. */
export function openEntry(sealed: SealedEntry, publicKey: KeyObject): NodeEntry | undefined {
  const bytes = Buffer.from(sealed.bytes) // a copy: what came lies in a whole packet's memory
  const signature = bytes.subarray(bytes.length - signatureBytes)
  if (!verify(null, signedPart(bytes), publicKey, signature)) return undefined
  const body = parseBody(bytes.subarray(fixedBytes + sealed.node.length, -signatureBytes))
  return body && { ...sealed, bytes, body }
}

/** A node's name: one to 128 visible ASCII letters. */
export function readNode(reader: ByteReader): string {
  const node = reader.text()
  if (node.length > limits.nodeBytesMax || !/^[!-~]+$/.test(node))
    throw malformed('a bad node name')
  return node
}

function signedPart(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([domain, bytes.subarray(0, -signatureBytes)])
}

function parseBody(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString())
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
