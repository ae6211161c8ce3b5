import { isUtf8 } from 'node:buffer'
import { HeldBytes } from './held-bytes.ts'
import { scanMembers, stringAt } from './members.ts'

/** Longest line that is held together. Ollama's own command line reads lines up to 8 MB. */
export const lineBytesMax = 8 * 1024 * 1024

const newline = 0x0a
const openBrace = 0x7b
const closeBrace = 0x7d

/** How a line ends a stream: `done`: with `"done":true` or `"status":"success"`; `error`: with an error; `open`: not at all. */
export type LineMeaning = 'done' | 'error' | 'open'

/**
 * Lets only whole lines through. A stream that breaks is continued elsewhere, and that is exact only at the end of a
 * line. A line beyond `lineBytesMax` goes through in pieces, and `isOverlong` says so.
 */
export class WholeLines {
  readonly #held = new HeldBytes()
  /** What went through last with a newline at its end, and whether its first line had begun in an overlong one. */
  #passed: Uint8Array | undefined
  #isPassedCut = false
  #isInOverlong = false
  #isOverlong = false

  /**
   * Takes the next chunk and gives what may be sent on: up to and with the last newline, the chunk itself where nothing
   * was held and it ends in one. Undefined when there is nothing yet.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    // An engine writes a line at once, as a rule; a search in every chunk would be the dearest step of a stream.
    const end = chunk[chunk.length - 1] === newline ? chunk.length : chunk.lastIndexOf(newline) + 1
    if (end === 0) {
      this.#held.hold(chunk)
      return this.#held.length > lineBytesMax ? this.#giveUpLine() : undefined
    }
    const head = end === chunk.length ? chunk : chunk.subarray(0, end)
    const whole = this.#held.length === 0 ? head : Buffer.concat([this.#held.take(), head])
    if (end < chunk.length) this.#held.hold(chunk.subarray(end))
    this.#passed = whole
    this.#isPassedCut = this.#isInOverlong
    this.#isInOverlong = false
    return whole
  }

  /** Bytes behind the last newline; at the end of a stream, a line that was cut. Valid until the next `push`. */
  get rest(): Uint8Array {
    return this.#held.bytes
  }

  /** The newest whole line without its newline; undefined before the first, and after one that was overlong. */
  get lastLine(): Uint8Array | undefined {
    const whole = this.#passed
    if (whole === undefined) return undefined
    const end = whole.length - 1
    const start = end === 0 ? 0 : whole.lastIndexOf(newline, end - 1) + 1
    return this.#isPassedCut && start === 0 ? undefined : whole.subarray(start, end)
  }

  /** True once a line was longer than `lineBytesMax`: what went through since may end inside a line. */
  get isOverlong(): boolean {
    return this.#isOverlong
  }

  /** What the newest whole line means for the stream's end; `open` also when a part of a line came behind it. */
  get meaning(): LineMeaning {
    const line = this.lastLine
    return line === undefined || this.#held.length > 0 || this.#isInOverlong
      ? 'open'
      : meaningOf(line)
  }

  #giveUpLine(): Uint8Array {
    this.#isOverlong = true
    this.#isInOverlong = true
    return this.#held.take()
  }
}

/**
 * False when one of these whole lines cannot be an object in JSON, by its first and last byte and by its encoding. Cheap:
 * it finds what was spoilt on the way, not what was written wrong.
 */
export function areObjects(lines: Uint8Array): boolean {
  let start = 0
  for (let end = lines.indexOf(newline); end >= 0; end = lines.indexOf(newline, start)) {
    if (!isBraced(lines, start, end)) return false
    start = end + 1
  }
  return isUtf8(lines)
}

/** As `areObjects`, of one object that may have a newline behind it. */
export function isObject(text: Uint8Array): boolean {
  const end = text[text.length - 1] === newline ? text.length - 1 : text.length
  return isBraced(text, 0, end) && isUtf8(text)
}

function isBraced(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === openBrace && bytes[end - 1] === closeBrace
}

/** What one line of a native stream means for its end. */
export function meaningOf(line: Uint8Array): LineMeaning {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength)
  let meaning: LineMeaning = 'open'
  const isWhole = scanMembers(bytes, (key, value) => {
    if (key === 'error') meaning = 'error'
    else if (meaning === 'error') return
    else if (key === 'done' && bytes[value.start] === 0x74) meaning = 'done'
    else if (key === 'status' && stringAt(bytes, value) === 'success') meaning = 'done'
  })
  return isWhole ? meaning : 'open'
}

/**
 * True for an object that says `"done":false`: as a whole answer it is cut. The prompt that `_debug_render_only` asks for says
 * so too and is whole (Ollama api/types.go, `DebugInfo`).
 */
export function saysUndone(text: Uint8Array): boolean {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
  let [isUndone, isPrompt] = [false, false]
  scanMembers(bytes, (key, value) => {
    if (key === 'done') isUndone = bytes[value.start] === 0x66
    else if (key === '_debug_info') isPrompt = true
  })
  return isUndone && !isPrompt
}
