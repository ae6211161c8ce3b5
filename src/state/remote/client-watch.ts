/** A watch over connections that break. */
import { OdError } from '../../core/errors/index.ts'
import { pause } from '../pause.ts'
import type { WatchItem, WatchRequest } from '../port.ts'
import { exchange } from './exchange.ts'
import { AnswerLines } from './lines.ts'
import type { ClientParts } from './options.ts'
import { statePaths, watchItem } from './protocol.ts'
import { parseJson, refusalIn } from './refusal.ts'

/**
 * Items in order; after a break it asks again from the last one that was taken. Ends like every watch of the port; throws
 * what the serving side refuses for good.
 */
export async function* followRemote(
  request: WatchRequest,
  parts: ClientParts,
): AsyncGenerator<WatchItem> {
  const { limits, clock, random, log, closing } = parts
  const signal = AbortSignal.any([request.signal, closing])
  let { after } = request
  let delayMs = limits.remoteRetryMsMin
  while (!signal.aborted) {
    const source = new ItemSource({ ...request, after, signal }, parts)
    try {
      for (let item = await source.next(); item !== undefined; item = await source.next()) {
        delayMs = limits.remoteRetryMsMin
        if (item.type !== 'reset') after = item.at
        yield item
        if (item.type === 'reset' || signal.aborted) return
      }
    } finally {
      source.abort()
    }
    if (source.refusal && !source.refusal.retryable) throw source.refusal
    log.debug({ reason: source.reason, delayMs }, 'state.watch-broken')
    await pause(clock, delayMs * (0.5 + random.number() / 2), signal)
    delayMs = Math.min(delayMs * 2, limits.remoteRetryMsMax)
  }
  if (!request.signal.aborted) throw new OdError('OD_STATE_UNAVAILABLE', { reason: 'it is closed' })
}

/** The items of one connection. It stops reading while what it has read is not taken. */
class ItemSource {
  reason = ''
  refusal: OdError | undefined
  readonly abort: () => void
  readonly #resume: () => void
  #items: WatchItem[] = []
  #isOver = false
  #wake: (() => void) | undefined

  constructor({ prefix, after, signal }: WatchRequest, parts: ClientParts) {
    const { carrier, origin, limits, clock } = parts
    const lines = new AnswerLines(limits.remoteBytesMax)
    const body = JSON.stringify({ prefix, after })
    const silenceMs = limits.remoteSilenceMs
    let status = 0
    let refused = ''
    const sent = exchange(
      carrier,
      { origin, path: statePaths.watch, body, silenceMs, signal },
      clock,
      {
        head: (value) => {
          status = value
        },
        data: (chunk) => {
          if (status !== 200) {
            refused += chunk.toString('utf8')
            if (refused.length > limits.remoteBytesMax) sent.abort('the answer is too long')
            return
          }
          const items = lines.push(chunk)?.map(itemIn)
          if (items === undefined || items.includes(undefined)) {
            sent.abort('it does not answer as a store does')
            return
          }
          this.#items.push(...(items as WatchItem[]))
          if (this.#items.length > 0) sent.pause()
          this.#wake?.()
        },
        end: () => {
          this.refusal = status === 200 ? undefined : refusalIn(parseJson(refused))
          this.#finish(`it ended with ${status}`)
        },
        fail: (_, reason) => this.#finish(reason),
      },
    )
    this.abort = () => sent.abort('not wanted any more')
    this.#resume = () => sent.resume()
  }

  /** The next item, once there is one; undefined when there are no more. */
  async next(): Promise<WatchItem | undefined> {
    while (this.#items.length === 0 && !this.#isOver) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#resume()
      await woken
    }
    return this.#items.shift()
  }

  #finish(reason: string): void {
    this.reason = reason
    this.#isOver = true
    this.#wake?.()
  }
}

function itemIn(line: string): WatchItem | undefined {
  return watchItem.safeParse(parseJson(line)).data
}
