/** The most bytes of one line that are kept; a stack trace fits, a dumped tensor does not. */
export const lineBytesMax = 8 * 1024

/** Cuts a byte stream into lines. What a line has beyond `lineBytesMax` is dropped and shown as `…`. */
export class LineSplitter {
  #kept: Buffer[] = []
  #keptBytes = 0
  #isCut = false
  readonly #onLine: (line: string) => void

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    let rest = chunk
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      this.#keep(rest.subarray(0, end))
      this.#give()
      rest = rest.subarray(end + 1)
    }
    this.#keep(rest)
  }

  /** Gives the last line when the stream ended without a line feed. */
  end(): void {
    if (this.#keptBytes > 0) this.#give()
  }

  #keep(part: Buffer): void {
    const room = lineBytesMax - this.#keptBytes
    if (part.length > room) this.#isCut = true
    const kept = part.subarray(0, room)
    if (kept.length === 0) return
    this.#kept.push(Buffer.from(kept)) // a copy: a view would hold the whole chunk in memory
    this.#keptBytes += kept.length
  }

  #give(): void {
    const text = Buffer.concat(this.#kept).toString('utf8').replace(/\r$/, '')
    const line = this.#isCut ? `${text}…` : text
    this.#kept = []
    this.#keptBytes = 0
    this.#isCut = false
    this.#onLine(line)
  }
}
