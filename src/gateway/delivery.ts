import { partsOfEngineId } from '../core/engine.ts'
import type { OutReason, Pass } from '../core/engine-entry.ts'
import type { Clock } from '../sys/clock.ts'
import { isObject, saysUndone } from '../wire/lines.ts'
import type { OwnerRefusal } from './across/entry-note.ts'
import type { OwnerListener } from './across/owner-call.ts'
import { beginAnswer, requestIdHeader } from './answer.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'
import { headerValue, responseHeaders } from './headers.ts'
import type { GatewayLimits } from './limits.ts'
import { type StreamWatch, watchFor } from './stream-watch.ts'
import type { UpstreamCall, UpstreamFailure } from './upstream.ts'

/** What became of one try at one engine. */
export type Delivery =
  /** The engine's answer went out to its end. */
  | { readonly type: 'delivered' }
  /** The engine died after a part of its answer had gone out; the client has been told as well as can be. */
  | { readonly type: 'broken'; readonly cause: Error }
  | { readonly type: 'client-left' }
  /** Nothing went out; another engine may be tried. */
  | { readonly type: 'failed'; readonly result: UpstreamFailure; readonly cause: Error }
  /** The engine refused or failed with an answer of its own; nothing went out, the answer is kept. */
  | { readonly type: 'kept'; readonly answer: KeptAnswer }
  /** The node of the engine lives, and has no answer of the engine; nothing went out. */
  | { readonly type: 'refused'; readonly reason: OwnerRefusal }

export interface KeptAnswer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: Buffer
}

export interface DeliveryOptions {
  readonly exchange: Exchange
  readonly nodeId: string
  readonly engineId: string
  readonly pass: Pass
  /** True for statuses whose answer is to be kept, because another engine may do better. */
  readonly keeps: (status: number) => boolean
  readonly limits: GatewayLimits
  readonly clock: Clock
  /** Last line of a stream that the engine broke off; what its dialect has for a dead runner where there is none. */
  readonly brokenLine?: string
}

/**
 * Passes one engine's answer on to the client: bytes as they come, at the client's pace. Nothing goes out before the
 * engine's first byte of content, so that until then another engine can take over. Streams go out in whole lines or frames
 * only: where one breaks, the client has a valid prefix and gets an error as its last line or frame.
 */
export function deliver(
  options: DeliveryOptions,
  send: (listener: OwnerListener) => UpstreamCall,
): Promise<Delivery> {
  return new Promise((resolve) => {
    let stopWatching = () => {} // replaced below; a call may fail before it returns
    const relayed = new RelayedAnswer(options, (delivery) => {
      stopWatching()
      resolve(delivery)
    })
    relayed.call = send(relayed)
    const forgetClient = whenClientLeaves(options.exchange, () => {
      options.pass.leave(() => relayed.abandon())
    })
    const forgetEngine = options.pass.whenOut((why) => relayed.doubt(why))
    stopWatching = () => {
      forgetClient()
      forgetEngine()
    }
  })
}

const nothing = new Uint8Array(0)

class RelayedAnswer implements OwnerListener {
  call: UpstreamCall | undefined
  #status = 0
  #headers: string[] = []
  #stream: StreamWatch | undefined
  #hasLength = false
  #unsent: Uint8Array[] = []
  #held: Buffer[] | undefined
  #heldBytes = 0
  #bytesAtDoubt: number | undefined
  #cancelStall: () => void = () => {}
  readonly #options: DeliveryOptions
  readonly #settle: (delivery: Delivery) => void

  constructor(options: DeliveryOptions, settle: (delivery: Delivery) => void) {
    this.#options = options
    this.#settle = settle
  }

  head(status: number, headers: string[]): void {
    this.#options.pass.answering(status < 400)
    this.#status = status
    this.#headers = responseHeaders(headers)
    this.#hasLength = headerValue(headers, 'content-length') !== undefined
    const type = headerValue(headers, 'content-type')?.toLowerCase() ?? ''
    this.#stream = watchFor(type, this.#options.exchange)
    if (this.#options.keeps(status) || type.startsWith('application/json')) this.#held = []
  }

  data(chunk: Buffer): void {
    if (this.#held !== undefined) return this.#hold(this.#held, chunk)
    if (this.#stream === undefined) return this.#write(chunk)
    const units = this.#stream.push(chunk)
    if (units === 'spoilt') this.#giveUp('a part of its answer is spoilt')
    else if (units !== undefined) this.#write(units)
  }

  end(): void {
    if (this.#held !== undefined) {
      const body = this.#held.length === 1 ? this.#held[0] : Buffer.concat(this.#held)
      if (this.#options.keeps(this.#status)) return this.#keep(body)
      if (body !== undefined && !this.#isSound(body)) {
        return this.fail('died', new Error('its answer is spoilt or cut'))
      }
      if (body !== undefined) this.#write(body)
    }
    if (this.#stream?.isCut === true) {
      return this.fail('died', new Error('its answer ended before its last line'))
    }
    this.#begin()
    this.#finish(this.#stream?.rest)
    this.#settle({ type: 'delivered' })
  }

  fail(failure: UpstreamFailure, cause: Error): void {
    const { response } = this.#options.exchange
    if (!response.headersSent) {
      this.#settle({ type: 'failed', result: failure, cause })
      return
    }
    const words = this.#lastWords()
    if (words === undefined)
      response.destroy() // a whole answer: only a broken connection says that it is cut
    else this.#finish(Buffer.from(words))
    this.#settle({ type: 'broken', cause })
  }

  refuse(reason: OwnerRefusal): void {
    this.#settle({ type: 'refused', reason })
  }

  /**
   * The engine went out of use: what it has not begun to answer is given up, so that another can. What has begun goes on, since
   * nobody else can, until its node is lost, or was silent from one word of it to the next.
   */
  doubt(why: OutReason): void {
    if (why === 'lost') return this.#giveUp('its node is lost')
    const { response, bodyBytes } = this.#options.exchange
    if (!response.headersSent) {
      if (why === 'doubted') this.#giveUp('it went out of use before it answered')
      return
    }
    if (why === 'silent' && bodyBytes === this.#bytesAtDoubt)
      this.#giveUp('its node is not reached')
    this.#bytesAtDoubt = bodyBytes
  }

  #giveUp(why: string): void {
    this.#cancelStall()
    this.call?.abort()
    this.fail('died', new Error(why))
  }

  /** The client is gone, and nobody else needs what the engine does: it must stop working at once. */
  abandon(): void {
    this.#cancelStall()
    this.call?.abort()
    this.#settle({ type: 'client-left' })
  }

  /** Undefined where what went out is no number of whole units, behind which one more may stand. */
  #lastWords(): string | undefined {
    if (this.#stream === undefined || this.#stream.isOverlong || this.#hasLength) return undefined
    return this.#options.brokenLine ?? this.#stream.lastWords()
  }

  /** False for a whole answer that was spoilt, or that says itself that there should be more of it. */
  #isSound(body: Uint8Array): boolean {
    return this.#status !== 200 || body.length === 0 || (isObject(body) && !saysUndone(body))
  }

  #keep(body: Buffer = Buffer.alloc(0)): void {
    const answer = { status: this.#status, headers: this.#headers, body }
    this.#settle({ type: 'kept', answer })
  }

  /**
   * An answer that is one object of JSON is of no use before its end, so until then another engine may take over. One that
   * is too long to hold goes out as it comes.
   */
  #hold(held: Buffer[], chunk: Buffer): void {
    held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes <= this.#options.limits.heldAnswerBytesMax) return
    this.#held = undefined
    this.#write(Buffer.concat(held))
  }

  /** What one read from the engine brought goes out with one write, as soon as that read has been parsed. */
  #write(bytes: Uint8Array): void {
    this.#begin()
    this.#options.exchange.bodyBytes += bytes.length
    if (this.#unsent.push(bytes) === 1) queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const { exchange } = this.#options
    const bytes = this.#takeUnsent()
    if (bytes === undefined || exchange.response.write(bytes)) return
    this.call?.pause()
    this.#startStall()
    exchange.response.once('drain', () => {
      this.#cancelStall()
      this.call?.resume()
    })
  }

  #begin(): void {
    const { exchange, nodeId, engineId } = this.#options
    if (exchange.response.headersSent) return
    exchange.engine = engineId
    beginAnswer(
      exchange,
      this.#status,
      relayedHeaders(this.#headers, exchange.id, nodeId, engineId),
    )
  }

  #takeUnsent(): Uint8Array | undefined {
    const bytes = this.#unsent.length > 1 ? Buffer.concat(this.#unsent) : this.#unsent[0]
    this.#unsent = []
    return bytes
  }

  #finish(last: Uint8Array = nothing): void {
    const { exchange } = this.#options
    this.#cancelStall()
    exchange.bodyBytes += last.length
    if (last.length > 0) this.#unsent.push(last)
    exchange.response.end(this.#takeUnsent())
    if (exchange.response.writableLength === 0) return // the system has taken all of it
    this.#startStall()
    exchange.response.once('close', () => this.#cancelStall())
  }

  /** A client that takes nothing for too long is cut off; that counts as its leaving. */
  #startStall(): void {
    const { clock, limits, exchange } = this.#options
    this.#cancelStall = clock.after(limits.stalledReaderMs, () => exchange.response.destroy())
  }
}

/** Headers of a relayed answer: the engine's, then who answered; `nodeId` is this node. Several have their ids named. */
export function relayedHeaders(
  headers: readonly string[],
  requestId: string,
  nodeId: string,
  ...engineIds: readonly string[]
): string[] {
  const [only = '', ...others] = engineIds
  const { name, node = nodeId } =
    others.length > 0 ? { name: engineIds.join(', ') } : partsOfEngineId(only)
  return [...headers, requestIdHeader, requestId, 'x-od-node', node, 'x-od-engine', name]
}
