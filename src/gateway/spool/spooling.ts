import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { Outline } from '../../wire/outline.ts'
import { type BodySource, bodyTooLarge, isTooSlow, nextLookMs } from '../body-bounds.ts'
import { whenClientLeaves } from '../exchange.ts'
import type { GatewayLimits } from '../limits.ts'
import { bodiesFull, type Spool, type SpoolPlace } from './spool.ts'
import { SpooledBody } from './spooled-body.ts'

/** Bytes that wait for the disk before the sender is held up. */
const waitingBytesMax = 1024 * 1024

export interface SpoolingOptions {
  readonly spool: Spool
  readonly clock: Clock
  readonly limits: GatewayLimits
}

/** What came of a body before it was found to be long. */
export interface BodyStart {
  readonly chunks: readonly Buffer[]
  readonly startedMs: number
}

/**
 * Takes a body to disk as it comes, at the pace of the disk, and makes its outline on the way. Rejects as `readBody`, and with
 * OD_EDGE_JSON_BOUNDS, OD_BODIES_FULL, OD_BODY_DISK_FULL or OD_BODY_DISK_FAILED; what lies on disk is removed then.
 */
export function spoolBody(
  source: BodySource,
  start: BodyStart,
  bytesMax: number,
  options: SpoolingOptions,
): Promise<SpooledBody> {
  return new Promise((resolve, reject) => {
    new Spooling(source, bytesMax, options, { resolve, reject }).begin(start)
  })
}

interface Settle {
  resolve(body: SpooledBody): void
  reject(error: OdError): void
}

class Spooling {
  readonly #source: BodySource
  readonly #bytesMax: number
  readonly #options: SpoolingOptions
  readonly #settle: Settle
  readonly #outline: Outline
  #outlineBytes = 0
  #receivedBytes = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #startedMs = 0
  /** While the sender is held up its time does not run. */
  #heldUpSinceMs: number | undefined
  #heldUpMs = 0
  #hasEnded = false
  #isSettled = false
  #cancelLook: () => void = () => {}
  #stopWatching: () => void = () => {}
  #wake: () => void = () => {}

  constructor(source: BodySource, bytesMax: number, options: SpoolingOptions, settle: Settle) {
    this.#source = source
    this.#bytesMax = bytesMax
    this.#options = options
    this.#settle = settle
    this.#outline = new Outline(options.limits.outlineBytesMax)
  }

  begin({ chunks, startedMs }: BodyStart): void {
    this.#startedMs = startedMs
    for (const chunk of chunks) this.#take(chunk)
    if (this.#isSettled) return
    this.#source.request.on('data', this.#take).on('end', this.#end)
    this.#look()
    this.#stopWatching = whenClientLeaves(this.#source, () =>
      this.#fail(new OdError('OD_REQUEST_CANCELED')),
    )
    if (!this.#isSettled) void this.#write()
  }

  readonly #take = (chunk: Buffer) => {
    this.#receivedBytes += chunk.length
    if (this.#receivedBytes > this.#bytesMax)
      return this.#fail(bodyTooLarge(this.#source, this.#bytesMax))
    this.#outline.push(chunk)
    if (this.#outline.isTooLong) {
      const excess = 'bytes outside its texts'
      return this.#fail(new OdError('OD_EDGE_JSON_BOUNDS', { excess }))
    }
    const { held } = this.#options.spool
    const grownBytes = this.#outline.heldBytes - this.#outlineBytes
    if (grownBytes > 0 && !held.take(grownBytes)) return this.#fail(bodiesFull(held))
    this.#outlineBytes += grownBytes
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes >= waitingBytesMax && this.#heldUpSinceMs === undefined) {
      this.#heldUpSinceMs = this.#options.clock.nowMs()
      this.#source.request.pause()
    }
    this.#wake()
  }

  readonly #end = () => {
    this.#hasEnded = true
    this.#wake()
  }

  readonly #look = () => {
    const { clock, limits } = this.#options
    const nowMs = clock.nowMs()
    const heldUpMs = this.#heldUpMs + (nowMs - (this.#heldUpSinceMs ?? nowMs))
    const elapsedMs = nowMs - this.#startedMs - heldUpMs
    if (isTooSlow(this.#receivedBytes, elapsedMs, limits)) {
      this.#fail(new OdError('OD_EDGE_TOO_SLOW'))
    } else this.#cancelLook = clock.after(nextLookMs(elapsedMs, limits), this.#look)
  }

  async #write(): Promise<void> {
    const declaredBytes = Number(this.#source.request.headers['content-length'] ?? 0)
    let place: SpoolPlace | undefined
    try {
      place = await this.#options.spool.place(declaredBytes)
      while (!this.#isSettled) {
        if (this.#waiting.length > 0) await place.append(this.#takeWaiting())
        else if (this.#hasEnded) return this.#finish(place)
        else await this.#more()
      }
    } catch (error) {
      this.#fail(error as OdError)
    }
    await place?.close()
  }

  #takeWaiting(): Buffer[] {
    const chunks = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (this.#heldUpSinceMs !== undefined) {
      this.#heldUpMs += this.#options.clock.nowMs() - this.#heldUpSinceMs
      this.#heldUpSinceMs = undefined
      this.#source.request.resume()
    }
    return chunks
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #finish(place: SpoolPlace): void {
    this.#leave()
    const giveBack = () => this.#options.spool.held.give(this.#outlineBytes)
    this.#settle.resolve(new SpooledBody(place, this.#outline, giveBack))
  }

  #fail(error: OdError): void {
    if (this.#isSettled) return
    this.#leave()
    this.#options.spool.held.give(this.#outlineBytes)
    this.#waiting = []
    this.#source.request.resume() // what still comes is dropped
    this.#settle.reject(error)
  }

  #leave(): void {
    this.#isSettled = true
    this.#cancelLook()
    this.#stopWatching()
    this.#source.request.off('data', this.#take).off('end', this.#end)
    this.#wake()
  }
}
