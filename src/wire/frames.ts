import { isUtf8 } from 'node:buffer'
import { HeldBytes } from './held-bytes.ts'
import { type LineMeaning, lineBytesMax } from './lines.ts'
import { scanMembers, stringAt } from './members.ts'

/** Source of the form: WHATWG HTML, server-sent events; Ollama writes LF alone, others may write CRLF. */

const newline = 0x0a
const carriageReturn = 0x0d

/** How far before a newline the one may stand that makes the line between them empty. */
const lookBackBytes = 2

/** What stands before the first frame, and behind each. */
const lineEnd = Uint8Array.of(newline)

/**
 * Lets only whole frames of a stream of server-sent events through, empty line included. A frame beyond `lineBytesMax` goes
 * through in pieces, and `isOverlong` says so.
 */
export class WholeFrames {
  readonly #held = new HeldBytes()
  #passed: Uint8Array | undefined
  #isOverlong = false

  /** Takes the next chunk and gives what may be sent on, the chunk itself where it can. Undefined when there is nothing yet. */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const before = this.#held.length === 0 ? lineEnd : this.#held.bytes.subarray(-lookBackBytes)
    const end = endOfFrames(before, chunk)
    if (end === 0) {
      this.#held.hold(chunk)
      return this.#held.length > lineBytesMax ? this.#giveUpFrame() : undefined
    }
    const head = end === chunk.length ? chunk : chunk.subarray(0, end)
    const whole = this.#held.length === 0 ? head : Buffer.concat([this.#held.take(), head])
    if (end < chunk.length) this.#held.hold(chunk.subarray(end))
    if (lengthTrimmed(whole) > 0) this.#passed = whole // not what only keeps the connection awake
    return whole
  }

  /** Bytes behind the last whole frame; at the end of a stream, a frame that was cut. Valid until the next `push`. */
  get rest(): Uint8Array {
    return this.#held.bytes
  }

  /** The newest whole frame without its empty line; undefined before the first. */
  get lastFrame(): Buffer | undefined {
    if (this.#passed === undefined) return undefined
    const { buffer, byteOffset, byteLength } = this.#passed
    const passed = Buffer.from(buffer, byteOffset, byteLength)
    const frames = passed.subarray(0, lengthTrimmed(passed))
    return frames.subarray(endOfFrames(lineEnd, frames))
  }

  /** True once a frame was longer than `lineBytesMax`: what went through since may end inside a frame. */
  get isOverlong(): boolean {
    return this.#isOverlong
  }

  /** What the newest whole frame means for the stream's end; `open` also when a part of a frame came behind it. */
  get meaning(): LineMeaning {
    const frame = this.lastFrame
    return frame === undefined || this.#held.length > 0 ? 'open' : frameMeaning(frame)
  }

  #giveUpFrame(): Uint8Array {
    this.#isOverlong = true
    return this.#held.take()
  }
}

/** Events of Anthropic's Messages and OpenAI's Responses that end their stream. Source: their API references. */
const lastEvents: Readonly<Record<string, LineMeaning>> = {
  message_stop: 'done',
  'response.completed': 'done',
  'response.incomplete': 'done',
  'response.failed': 'error',
  error: 'error',
}

/**
 * What one frame means for the end of its stream: `done` with `data: [DONE]` of OpenAI's chat, or with an event that ends the
 * other dialects' streams; `error` with an error in any of them.
 */
export function frameMeaning(frame: Buffer): LineMeaning {
  const { event, data } = readFrame(frame)
  if (data === undefined) return 'open'
  if (event !== undefined) return lastEvents[event] ?? 'open'
  if (data.length < 8 && data.toString('latin1').trimEnd() === '[DONE]') return 'done'
  let meaning: LineMeaning = 'open'
  scanMembers(data, (key, value) => {
    if (key === 'error' && data[value.start] !== 0x6e) meaning = 'error'
    else if (key === 'type' && meaning === 'open') {
      meaning = lastEvents[stringAt(data, value) ?? ''] ?? 'open'
    }
  })
  return meaning
}

/** The number that a frame of the Responses API bears; undefined where it bears none. */
export function sequenceNumberOf(frame: Buffer): number | undefined {
  const { data } = readFrame(frame)
  if (data === undefined) return undefined
  let found: number | undefined
  scanMembers(data, (key, { start, end }) => {
    if (key === 'sequence_number') found = Number(data.toString('latin1', start, end))
  })
  return Number.isSafeInteger(found) ? found : undefined
}

/**
 * An Ollama whose runner died writes one chunk without a model's name into a stream of OpenAI's chat, and ends it (ollama-api
 * §11). Inside a text every quote has a backslash before it, so these bytes are never a part of an answer.
 */
const namelessChunk = Buffer.from('"model":""')

/** False when whole frames hold the sign of a dead runner, or are no text any more. */
export function areSoundFrames(frames: Uint8Array): boolean {
  const { buffer, byteOffset, byteLength } = frames
  return isUtf8(frames) && Buffer.from(buffer, byteOffset, byteLength).indexOf(namelessChunk) < 0
}

/** Name and data of a frame, the last of each; data in several lines is in no dialect. */
function readFrame(frame: Buffer): { event?: string; data?: Buffer } {
  const read: { event?: string; data?: Buffer } = {}
  for (let at = 0; at < frame.length; ) {
    const next = frame.indexOf(newline, at)
    const end = next < 0 ? frame.length : next
    const colon = frame.indexOf(0x3a, at)
    if (colon > at && colon < end) {
      const name = frame.toString('latin1', at, colon)
      const start = frame[colon + 1] === 0x20 ? colon + 2 : colon + 1
      if (name === 'data') read.data = frame.subarray(start, end)
      else if (name === 'event') read.event = frame.toString('latin1', start, end).trimEnd()
    }
    at = end + 1
  }
  return read
}

/** Behind the last empty line of `chunk`, which may have begun in the bytes `before`; 0 when it has none. */
function endOfFrames(before: Uint8Array, chunk: Uint8Array): number {
  let at = chunk.lastIndexOf(newline)
  while (at >= 0) {
    if (endsEmptyLine(before, chunk, at)) return at + 1
    at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1)
  }
  return 0
}

function endsEmptyLine(before: Uint8Array, chunk: Uint8Array, at: number): boolean {
  const byteAt = (index: number) => (index >= 0 ? chunk[index] : before[before.length + index])
  const previous = byteAt(at - 1)
  return previous === newline || (previous === carriageReturn && byteAt(at - 2) === newline)
}

/** Without the newlines at the end. */
function lengthTrimmed(passed: Uint8Array): number {
  let end = passed.length
  while (end > 0 && (passed[end - 1] === newline || passed[end - 1] === carriageReturn)) end--
  return end
}
