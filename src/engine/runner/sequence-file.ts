/**
 * What a sequence of a context holds, as a file: a mark and the length of the head (4 bytes, least first), the head as JSON, the
 * state as llama.cpp gives it, and SHA-256 over all before. llama.cpp would take any bytes for a state; ours are looked at first.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { factsOf, isErrno, readBytes, writeWhole } from '../../sys/files.ts'

/** Of which model and which program a state is: it means nothing to another. */
export interface SequenceOrigin {
  /** Digest of the weights. */
  readonly weights: string
  /** Version of llama.cpp, whose form the state has. */
  readonly llama: string
}

/** What a sequence holds. */
export interface SequenceState {
  readonly tokens: readonly number[]
  /** The first so many of them may be reused by other answers. */
  readonly pureTokens: number
  readonly state: Uint8Array
}

/** A file as others name it. */
export interface SavedSequence {
  readonly name: string
  readonly tokens: number
  readonly sizeBytes: number
}

/** A state is copied and hashed between two steps, while every answer waits: a quarter of a second at most. */
export const stateBytesMax = 256 * 1024 * 1024

const mark = Buffer.from('ODSEQ\x00\x00\x01')
const lengthBytes = 4
const digestBytes = 32
const headBytesMax = 16 * 1024 * 1024
const fileBytesMax = mark.length + lengthBytes + headBytesMax + stateBytesMax + digestBytes

/** What a name looks like: the first half of the digest in the file. */
export const sequenceName = /^[0-9a-f]{32}$/

export function encodeSequence(origin: SequenceOrigin, sequence: SequenceState): Buffer {
  const { tokens, pureTokens, state } = sequence
  const head = Buffer.from(JSON.stringify({ ...origin, pureTokens, tokens }))
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32LE(head.length)
  const hash = createHash('sha256')
  const parts = [mark, length, head, state]
  for (const part of parts) hash.update(part)
  return Buffer.concat([...parts, hash.digest()])
}

/** Throws `OD_SEQUENCE_DAMAGED` and `OD_SEQUENCE_FOREIGN`. */
export function decodeSequence(bytes: Uint8Array, origin: SequenceOrigin): SequenceState {
  const end = bytes.length - digestBytes
  const headStart = mark.length + lengthBytes
  if (end < headStart) throw damaged('it is too short')
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest()
  if (!digest.equals(bytes.subarray(end))) throw damaged('its digest is another')
  if (!mark.equals(bytes.subarray(0, mark.length))) throw foreign('it is of another version')
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const stateStart = headStart + buffer.readUInt32LE(mark.length)
  if (stateStart > end) throw damaged('its head is longer than the file')
  const { weights, llama, tokens, pureTokens } = headIn(buffer.subarray(headStart, stateStart))
  if (weights !== origin.weights) throw foreign('it is of another model')
  if (llama !== origin.llama) throw foreign(`it was made by llama.cpp ${String(llama)}`)
  if (!isTokens(tokens) || !Number.isInteger(pureTokens)) throw damaged('its head has another form')
  return { tokens, pureTokens: Number(pureTokens), state: bytes.subarray(stateStart, end) }
}

/** Writes the file under the name that its contents give it; what was there is the same. Throws `OD_SEQUENCE_UNSAVED`. */
export async function saveSequence(
  folder: string,
  origin: SequenceOrigin,
  sequence: SequenceState,
): Promise<SavedSequence> {
  const bytes = encodeSequence(origin, sequence)
  const name = bytes.subarray(-digestBytes).toString('hex').slice(0, 32)
  try {
    await writeWhole(join(folder, name), bytes, { mode: 0o600 })
  } catch (error) {
    throw new OdError('OD_SEQUENCE_UNSAVED', { reason: String(error) })
  }
  return { name, tokens: sequence.tokens.length, sizeBytes: bytes.length }
}

/** Throws `OD_SEQUENCE_MISSING`, and as `decodeSequence`. */
export async function loadSequence(
  folder: string,
  name: string,
  origin: SequenceOrigin,
): Promise<SequenceState> {
  const path = join(folder, name)
  try {
    const { sizeBytes } = await factsOf(path)
    if (sizeBytes > fileBytesMax) throw damaged('it is too long')
    return decodeSequence(await readBytes(path, fileBytesMax), origin)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw new OdError('OD_SEQUENCE_MISSING', { reason: name })
    throw error
  }
}

function headIn(bytes: Uint8Array): Record<string, unknown> {
  try {
    const head: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof head === 'object' && head !== null) return head as Record<string, unknown>
  } catch {
    // as one that is no object
  }
  throw damaged('its head is no JSON')
}

function isTokens(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((token) => Number.isInteger(token))
}

function damaged(reason: string): OdError {
  return new OdError('OD_SEQUENCE_DAMAGED', { reason })
}

function foreign(reason: string): OdError {
  return new OdError('OD_SEQUENCE_FOREIGN', { reason })
}
