import { parseGoDuration } from '../core/duration.ts'
import { isNull, type MemberSpan, scanMembers, skipBlanks, stringAt } from './members.ts'

/** What a request says of itself, as far as a gateway must know it. A field that is absent was not sent, or is no such value. */
export interface Peek {
  /** As the client spelt it: `model`, or the older `name` where `model` is absent or empty. */
  model?: string
  stream?: boolean
  /** `keep_alive` is nought: with `empty`, a request to unload. */
  keepAliveZero?: boolean
  /** No prompt, message or input is in it: a request to load, or to unload (ollama-api §2.2). */
  empty?: boolean
  /** The bytes are no whole JSON object. The other fields were found before the fault. */
  malformed?: boolean
}

/** No valid name is longer, even with every character written as an escape; a longer text counts as no name. */
const nameBytesMax = 6 * 1_024

/** Longer spellings of nought are nobody's. */
const keepAliveBytesMax = 64

/**
 * Reads the fields above in one pass over the bytes, without building the values. Keys match whatever their case, of
 * equal ones the last counts, `null` leaves a text as it was and takes a switch back, as in Go's decoder (ollama-api
 * §1.2). Never throws.
 */
export function peekRequest(body: Uint8Array): Peek {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const peek: Peek = {}
  const filled = { prompt: false, messages: false, input: false }
  let name: string | undefined
  const isWhole = scanMembers(bytes, (key, value) => {
    switch (key) {
      case 'model':
        if (!isNull(bytes, value)) set(peek, 'model', nameAt(bytes, value))
        break
      case 'name':
        if (!isNull(bytes, value)) name = nameAt(bytes, value)
        break
      case 'stream':
        set(peek, 'stream', booleanAt(bytes, value))
        break
      case 'keep_alive':
        set(peek, 'keepAliveZero', isZero(bytes, value) || undefined)
        break
      case 'prompt':
        if (!isNull(bytes, value)) filled.prompt = isFilled(bytes, value)
        break
      case 'messages':
      case 'input':
        filled[key] = isFilled(bytes, value)
    }
  })
  if (!peek.model && name !== undefined) peek.model = name
  if (!filled.prompt && !filled.messages && !filled.input) peek.empty = true
  if (!isWhole) peek.malformed = true
  return peek
}

function set<T extends object, Key extends keyof T>(
  target: T,
  key: Key,
  value: T[Key] | undefined,
): void {
  if (value === undefined) delete target[key]
  else target[key] = value
}

function nameAt(bytes: Buffer, value: MemberSpan): string | undefined {
  return value.end - value.start > nameBytesMax ? undefined : stringAt(bytes, value)
}

function booleanAt(bytes: Buffer, { start, end }: MemberSpan): boolean | undefined {
  const text = end - start > 5 ? '' : bytes.toString('latin1', start, end)
  if (text === 'true') return true
  return text === 'false' ? false : undefined
}

function isZero(bytes: Buffer, value: MemberSpan): boolean {
  if (value.end - value.start > keepAliveBytesMax) return false
  const text = stringAt(bytes, value)
  if (text !== undefined) return parseGoDuration(text) === 0
  const seconds = Number(bytes.toString('latin1', value.start, value.end))
  return seconds >= 0 && Math.trunc(seconds * 1e9) === 0
}

/** A text with a character in it, or a list with an entry. */
function isFilled(bytes: Buffer, { start, end }: MemberSpan): boolean {
  const first = bytes[start]
  if (first === 0x22) return end - start > 2
  return first === 0x5b && bytes[skipBlanks(bytes, start + 1)] !== 0x5d
}
