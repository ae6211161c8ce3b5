import type { Socket } from 'node:net'

/** A read that waits longer than this fails: the other side is stuck, and the test should say where. */
const readTimeoutMs = 30_000

/**
 * Reads a socket only as fast as somebody asks, so that a test can be a slow reader. A reset counts as the end and is
 * kept in `error`.
 */
export class RawBytes {
  error: Error | undefined
  #buffer: Buffer = Buffer.alloc(0)
  #isEnded = false
  #pending: Promise<boolean> | undefined
  readonly #source: AsyncIterator<Buffer>

  constructor(socket: Socket) {
    this.#source = socket[Symbol.asyncIterator]()
  }

  /** Bytes read and not yet taken. */
  get waitingBytes(): number {
    return this.#buffer.length
  }

  /** Reads once more; false when the other side has ended. */
  async more(timeoutMs: number = readTimeoutMs): Promise<boolean> {
    const got = await this.poll(timeoutMs)
    if (got === undefined) throw new Error(`no byte came for ${timeoutMs} ms`)
    return got
  }

  /** As `more`, but gives `undefined` when nothing came in time; the read goes on for the next caller. */
  async poll(timeoutMs: number): Promise<boolean | undefined> {
    if (this.#isEnded) return false
    this.#pending ??= this.#read()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs)
    })
    try {
      return await Promise.race([this.#pending, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** One line without its end (CRLF or LF), or `undefined` at the end of the stream. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf(0x0a)
      if (end >= 0)
        return this.take(end + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '')
      if (!(await this.more())) return undefined
    }
  }

  /** Exactly so many bytes, or fewer when the stream ends first. */
  async exactly(sizeBytes: number): Promise<Buffer> {
    while (this.#buffer.length < sizeBytes && (await this.more())) continue
    return this.take(sizeBytes)
  }

  /** Takes up to so many bytes of what has been read. */
  take(sizeBytes: number): Buffer {
    const taken = this.#buffer.subarray(0, sizeBytes)
    this.#buffer = this.#buffer.subarray(taken.length)
    return taken
  }

  async #read(): Promise<boolean> {
    try {
      const { done, value } = await this.#source.next()
      if (done === true) this.#isEnded = true
      else this.#buffer = Buffer.concat([this.#buffer, value])
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error))
      this.#isEnded = true
    }
    this.#pending = undefined
    return !this.#isEnded
  }
}
