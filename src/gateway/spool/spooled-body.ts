import { Readable } from 'node:stream'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Edit, Outline } from '../../wire/outline.ts'
import type { SpoolPlace } from './spool.ts'

/** Read from the disk at once: the disk is asked seldom, and little is held for a slow engine. */
const pieceBytes = 128 * 1024

/** A body on disk, whole. It can be sent as often as it must, until it is released. */
export class SpooledBody {
  readonly #place: SpoolPlace
  readonly #outline: Outline
  readonly #onGone: () => void
  #sending = 0
  #isReleased = false
  #failure: OdError | undefined

  /** `onGone` is called when it takes no memory and no disk any more. */
  constructor(place: SpoolPlace, outline: Outline, onGone: () => void) {
    this.#place = place
    this.#outline = outline
    this.#onGone = onGone
  }

  /** To be looked at in place of the bytes. */
  get outline(): Buffer {
    return this.#outline.bytes
  }

  /** Why it could not be read back, once that has happened: no engine is to blame. */
  get failure(): OdError | undefined {
    return this.#failure
  }

  /** The bytes, or what an edit of the outline makes of them, at the pace of who reads them. */
  stream(edit?: Edit): SpooledStream {
    const { sizeBytes } = this.#place
    if (edit === undefined) return new SpooledStream(this, [{ start: 0, end: sizeBytes }])
    const { text } = edit
    const [start, end] = [this.#outline.offsetOf(edit.start), this.#outline.offsetOf(edit.end)]
    const parts = [{ start: 0, end: start }, Buffer.from(text), { start: end, end: sizeBytes }]
    return new SpooledStream(this, parts)
  }

  /** Nothing more will be sent; what is being sent goes on to its end. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#closeIfDone()
  }

  /** For its streams: false when it is released. */
  begin(): boolean {
    if (this.#isReleased) return false
    this.#sending++
    return true
  }

  /** For its streams: one that began has ended. */
  end(error: Error | null): void {
    if (isOdError(error)) this.#failure = error
    this.#sending--
    this.#closeIfDone()
  }

  /** For its streams. Throws OD_BODY_DISK_FAILED. */
  read(offset: number, length: number): Promise<Buffer> {
    return this.#place.read(offset, length)
  }

  #closeIfDone(): void {
    if (this.#isReleased && this.#sending === 0) void this.#place.close().then(this.#onGone)
  }
}

/** Bytes of the file, or others in their place. */
type Part = Buffer | { readonly start: number; readonly end: number }

/** A spooled body on its way to an engine. Breaks with OD_BODY_DISK_FAILED. */
export class SpooledStream extends Readable {
  /** Of all that it will give. */
  readonly sizeBytes: number
  readonly #body: SpooledBody
  readonly #parts: Part[]
  #hasBegun = false

  constructor(body: SpooledBody, parts: readonly Part[]) {
    super({ highWaterMark: pieceBytes })
    this.#body = body
    this.#parts = parts.filter((part) => sizeOf(part) > 0)
    this.sizeBytes = parts.reduce((sum, part) => sum + sizeOf(part), 0)
    this.on('error', () => {}) // who reads it is told; nobody else has to be
  }

  override _read(): void {
    if (!this.#hasBegun) {
      if (!this.#body.begin()) return void this.destroy(new OdError('OD_REQUEST_CANCELED'))
      this.#hasBegun = true
    }
    const part = this.#parts[0]
    if (part === undefined || Buffer.isBuffer(part)) {
      this.#parts.shift()
      this.push(part ?? null)
      return
    }
    const length = Math.min(pieceBytes, part.end - part.start)
    if (length === part.end - part.start) this.#parts.shift()
    else this.#parts[0] = { start: part.start + length, end: part.end }
    this.#body.read(part.start, length).then(
      (bytes) => {
        if (!this.destroyed) this.push(bytes)
      },
      (error: Error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#hasBegun) this.#body.end(error)
    done(error)
  }
}

function sizeOf(part: Part): number {
  return Buffer.isBuffer(part) ? part.length : part.end - part.start
}
