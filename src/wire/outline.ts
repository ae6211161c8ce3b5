/**
 * What is left of a JSON text when its long strings are cut short: small enough to hold, and to everything that looks at
 * a request's bytes the same as the text itself. A body that lies on disk is seen by its outline; it is made while the bytes come in.
 */

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b

/** What a byte outside strings is. Runs of blanks, and of what numbers and words are made of, say no more when they are longer. */
const [other, blank, literal, quotes, opens, closes] = [0, 1, 2, 3, 4, 5]
const kinds = new Uint8Array(256)
for (const byte of Buffer.from(' \n\r\t')) kinds[byte] = blank
for (const byte of Buffer.from('+-.0123456789')) kinds[byte] = literal
for (let letter = 0x41; letter <= 0x5a; letter++) kinds.fill(literal, letter, letter + 1)
for (let letter = 0x61; letter <= 0x7a; letter++) kinds.fill(literal, letter, letter + 1)
for (const byte of Buffer.from('[{')) kinds[byte] = opens
for (const byte of Buffer.from(']}')) kinds[byte] = closes
kinds[quote] = quotes

/** Longer than every text that anyone reads out of a request: names and digests, each character an escape. */
const shallowStringBytes = 8 * 1024

/** Of a string that lies deeper than names do, nobody asks more than that it is one. */
const deepStringBytes = 64

/** Longer than any number or word that anyone reads. */
const runBytesMax = 128

/** Bytes of a string looked at one by one before a native search for the quote is worth its call. */
const searchAfterBytes = 128

/** A replacement of the bytes from `start` to `end` by a text. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export class Outline {
  readonly #bytesMax: number
  #buffer = Buffer.allocUnsafe(16 * 1024)
  #length = 0
  /** Where bytes were left out, as offsets in the outline, and how many. */
  readonly #cutsAt: number[] = []
  readonly #cutBytes: number[] = []
  #isEnded = false
  #isTooLong = false
  #depth = 0
  /** The value at the second level is an object: names and digests stand in it too. */
  #isSecondObject = false
  #runKind = other
  #runBytes = 0
  #isInString = false
  #isEscaped = false
  #isCut = false
  #keptBytes = 0
  #keepBytes = 0

  /** `bytesMax`: length beyond which the outline is given up. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The outline of what was pushed so far. It ends with the first JSON value: nobody looks behind it. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Memory that it takes. */
  get heldBytes(): number {
    return this.#buffer.length
  }

  /** So much lies outside strings that even the outline is too long; it is of no use then. */
  get isTooLong(): boolean {
    return this.#isTooLong
  }

  /** The next bytes of the text, split wherever it may be. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#isEnded; ) {
      at = this.#isInString ? this.#passString(chunk, at) : this.#passOutside(chunk, at)
    }
  }

  /** The offset in the text of an offset in the outline. */
  offsetOf(at: number): number {
    let offset = at
    for (const [index, cutAt] of this.#cutsAt.entries()) {
      if (cutAt > at) break
      offset += this.#cutBytes[index] ?? 0
    }
    return offset
  }

  #passOutside(chunk: Buffer, from: number): number {
    let start = from
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      const kind = kinds[byte] ?? other
      if (kind === this.#runKind) this.#runBytes++
      else {
        this.#runKind = kind
        this.#runBytes = 1
      }
      if (kind === quotes) {
        this.#append(chunk, start, at + 1)
        this.#beginString()
        return at + 1
      }
      if (kind === opens) {
        this.#depth++
        if (this.#depth === 2) this.#isSecondObject = byte === openBrace
      } else if (kind === closes) {
        this.#depth--
        if (this.#depth > 0) continue
        this.#append(chunk, start, at + 1)
        this.#isEnded = true
        return at + 1
      } else if (kind !== other && this.#runBytes > runBytesMax) {
        this.#append(chunk, start, at)
        start = at + 1
        while (kinds[chunk[start] ?? 0] === kind) start++
        this.#cut(start - at)
        at = start - 1
      }
    }
    this.#append(chunk, start, chunk.length)
    return chunk.length
  }

  #beginString(): void {
    const isShallow = this.#depth <= 1 || (this.#depth === 2 && this.#isSecondObject)
    this.#isInString = true
    this.#isCut = false
    this.#keptBytes = 0
    this.#keepBytes = isShallow ? shallowStringBytes : deepStringBytes
  }

  #passString(chunk: Buffer, from: number): number {
    const end = this.#endOfString(chunk, from)
    const keptBytes = Math.min(end - from, this.#keepBytes - this.#keptBytes)
    this.#append(chunk, from, from + keptBytes)
    this.#keptBytes += keptBytes
    const cutBytes = end - from - keptBytes
    if (cutBytes > 0) {
      if (!this.#isCut) this.#dropOpenEscape()
      this.#isCut = true
      this.#cut(cutBytes)
    }
    if (end === chunk.length) return end
    this.#append(chunk, end, end + 1)
    this.#isInString = false
    this.#runKind = other
    return end + 1
  }

  /** Index of the quote that closes the string; the length of the chunk where it is not in it. */
  #endOfString(chunk: Buffer, from: number): number {
    const { length } = chunk
    let at = this.#isEscaped ? from + 1 : from
    this.#isEscaped = false
    for (;;) {
      const nearEnd = Math.min(at + searchAfterBytes, length)
      while (at < nearEnd) {
        const byte = chunk[at]
        if (byte === quote) return at
        at += byte === backslash ? 2 : 1
      }
      if (at >= length) {
        this.#isEscaped = at > length
        return length
      }
      const found = chunk.indexOf(quote, at)
      const end = found < 0 ? length : found
      let slashes = 0
      while (end - slashes > at && chunk[end - slashes - 1] === backslash) slashes++
      const isEscaped = slashes % 2 === 1
      if (found < 0) this.#isEscaped = isEscaped
      if (found < 0 || !isEscaped) return end
      at = found + 1
    }
  }

  /** A backslash at the place of the cut would take the closing quote for its own. */
  #dropOpenEscape(): void {
    let slashes = 0
    while (slashes < this.#keptBytes && this.#buffer[this.#length - slashes - 1] === backslash) {
      slashes++
    }
    if (slashes % 2 === 0) return
    this.#length--
    this.#cut(1)
  }

  #cut(bytes: number): void {
    const last = this.#cutsAt.length - 1
    if (this.#cutsAt[last] === this.#length)
      this.#cutBytes[last] = (this.#cutBytes[last] ?? 0) + bytes
    else {
      this.#cutsAt.push(this.#length)
      this.#cutBytes.push(bytes)
    }
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const length = this.#length + end - start
    if (length > this.#bytesMax) {
      this.#isTooLong = true
      this.#isEnded = true
      return
    }
    if (length > this.#buffer.length) {
      const wanted = Math.max(length, this.#buffer.length * 2)
      const grown = Buffer.allocUnsafe(Math.min(wanted, this.#bytesMax))
      this.#buffer.copy(grown, 0, 0, this.#length)
      this.#buffer = grown
    }
    chunk.copy(this.#buffer, this.#length, start, end)
    this.#length = length
  }
}
