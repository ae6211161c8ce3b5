/** One request through whatever carries it, told as it happens. */
import type { Dispatcher } from 'undici'
import type { Clock } from '../../sys/clock.ts'

/** What carries requests to the node that has the store; a pool of connections, links among them. */
export type Carrier = Pick<Dispatcher, 'dispatch'>

export interface ExchangeRequest {
  readonly origin: string
  readonly path: string
  readonly body: string
  /** Silence of the other side for so long ends it, each time anew. */
  readonly silenceMs: number
  readonly signal?: AbortSignal
}

/** Hears of the answer in this order; exactly one of `end` and `fail` comes last. */
export interface ExchangeListener {
  head(status: number): void
  data(chunk: Buffer): void
  end(): void
  /** `wasSent` false: certainly no byte has left this node, nor will one. */
  fail(wasSent: boolean, reason: string): void
}

export interface Exchange {
  /** Stops reading until `resume`; meanwhile silence does not count. */
  pause(): void
  resume(): void
  /** Ends it; the listener hears `fail` unless it has heard its last. */
  abort(reason: string): void
}

/** Posts a JSON text. */
export function exchange(
  carrier: Carrier,
  request: ExchangeRequest,
  clock: Clock,
  listener: ExchangeListener,
): Exchange {
  let controller: Dispatcher.DispatchController | undefined
  let isOver = false
  let cancelSilence = () => {}
  const finish = (tell: () => void): void => {
    if (isOver) return
    isOver = true
    cancelSilence()
    request.signal?.removeEventListener('abort', onSignal)
    tell()
  }
  const abort = (reason: string): void => {
    finish(() => listener.fail(controller !== undefined, reason))
    controller?.abort(new Error(reason))
  }
  const onSignal = () => abort('given up')
  const awaitNext = (): void => {
    cancelSilence()
    if (isOver) return
    cancelSilence = clock.after(request.silenceMs, () => {
      abort(`no answer within ${request.silenceMs} ms`)
    })
  }
  awaitNext()
  request.signal?.addEventListener('abort', onSignal)
  const { origin, path, body } = request
  const headers = { 'content-type': 'application/json' }
  // Times are ours: the carrier's own have a coarse clock.
  const times = { headersTimeout: 0, bodyTimeout: 0 }
  carrier.dispatch(
    { origin, path, method: 'POST', body, headers, ...times },
    {
      onRequestStart(started) {
        // It has a connection now, and nothing was written yet: what is over stays unsent.
        if (isOver) started.abort(new Error('given up'))
        else controller = started
      },
      onResponseStart(_, status) {
        if (status < 200 || isOver) return
        awaitNext()
        listener.head(status)
      },
      onResponseData(_, chunk) {
        if (isOver) return
        awaitNext()
        listener.data(chunk)
      },
      onResponseEnd: () => finish(() => listener.end()),
      onResponseError: (_, error) => {
        finish(() => listener.fail(controller !== undefined, error.message))
      },
    },
  )
  if (request.signal?.aborted) onSignal()
  return {
    pause() {
      cancelSilence()
      controller?.pause()
    },
    resume() {
      awaitNext()
      controller?.resume()
    },
    abort,
  }
}
