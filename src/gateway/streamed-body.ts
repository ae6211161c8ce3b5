import { Readable } from 'node:stream'
import { OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import { letSend } from './body-bounds.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'
import { UploadPace } from './upload-pace.ts'

/** How often the pace of a body is looked at, at least. */
const lookMsMax = 1_000

/**
 * The body of a request on its way to an engine: read when the engine wants more, so that little of it is held, and never
 * ended unless the client's own end came. Breaks with OD_EDGE_TOO_SLOW when the client does not send, and with
 * OD_REQUEST_CANCELED when it leaves. When it is destroyed, what still comes from the client stays unread.
 */
export class StreamedBody extends Readable {
  /** Bytes that came from the client; once there are some, no other engine can get the whole body. */
  receivedBytes = 0
  readonly #exchange: Pick<Exchange, 'request' | 'response' | 'wasLetSend'>
  readonly #clock: Clock
  readonly #pace: UploadPace
  readonly #lookMs: number
  #cancelLook: (() => void) | undefined

  constructor(
    exchange: Pick<Exchange, 'request' | 'response' | 'wasLetSend'>,
    { clock, limits }: { clock: Clock; limits: GatewayLimits },
  ) {
    super()
    this.#exchange = exchange
    this.#clock = clock
    this.#pace = new UploadPace(limits)
    this.#lookMs = Math.min(lookMsMax, limits.uploadIdleMs)
    this.on('error', () => {}) // who reads it is told; nobody else has to be
  }

  override _read(): void {
    if (this.#cancelLook === undefined) this.#begin()
    this.#pace.waits(this.#clock.nowMs())
    this.#exchange.request.resume()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { request } = this.#exchange
    this.#cancelLook?.()
    request.off('data', this.#take).off('end', this.#end).off('close', this.#leave)
    request.pause()
    done(error)
  }

  /** A client that waits to be told is told: an engine is there, and wants the body. */
  #begin(): void {
    const { request } = this.#exchange
    letSend(this.#exchange)
    request.on('data', this.#take).on('end', this.#end).on('close', this.#leave)
    this.#cancelLook = this.#clock.after(this.#lookMs, this.#look)
  }

  readonly #look = () => {
    if (this.#pace.isTooSlow(this.#clock.nowMs())) this.destroy(new OdError('OD_EDGE_TOO_SLOW'))
    else this.#cancelLook = this.#clock.after(this.#lookMs, this.#look)
  }

  readonly #take = (chunk: Buffer) => {
    this.receivedBytes += chunk.length
    this.#pace.took(chunk.length, this.#clock.nowMs())
    this.#exchange.request.pause() // the next chunk is asked for by the next `_read`
    this.push(chunk)
  }

  readonly #end = () => {
    this.#cancelLook?.()
    this.push(null)
  }

  readonly #leave = () => {
    if (!this.#exchange.request.complete) this.destroy(new OdError('OD_REQUEST_CANCELED'))
  }
}
