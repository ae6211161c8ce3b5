import type { Dispatcher } from 'undici'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { PeerId } from '../identity/index.ts'
import type { Link } from './client.ts'

/** A short question to a node, and how long and how large its answer may be. */
export interface LinkCall {
  readonly peer: PeerId
  readonly method: Dispatcher.HttpMethod
  readonly path: string
  readonly body?: string | Uint8Array
  /** From now to the last byte of the answer. */
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

export interface LinkAnswer {
  readonly status: number
  readonly body: Buffer
}

/**
 * Asks, and waits for the whole answer, whatever its status. Rejects with the error of the link when certainly nothing was
 * sent, and with OD_LINK_OUTCOME_UNKNOWN when it was sent and no whole answer came.
 */
export function callLink(link: Link, call: LinkCall, clock: Clock): Promise<LinkAnswer> {
  const { peer, method, path, body = null, timeoutMs, answerBytesMax } = call
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let [status, bytes] = [0, 0]
    let controller: Dispatcher.DispatchController | undefined
    let isOver = false
    const settle = (error: OdError): void => {
      isOver = true
      cancel()
      reject(error)
      controller?.abort(error)
    }
    const unknown = (reason: string, cause?: Error) =>
      settle(new OdError('OD_LINK_OUTCOME_UNKNOWN', { peer, reason }, { cause }))
    const cancel = clock.after(timeoutMs, () => {
      const seconds = timeoutMs / 1000
      if (controller !== undefined) return unknown(`it took longer than ${seconds} s`)
      settle(new OdError('OD_LINK_CONNECT_TIMEOUT', { place: peer, seconds }))
    })
    link.dispatch(
      { method, path, body },
      {
        onRequestStart(started) {
          // It has a connection, and nothing was written yet: what is over stays unsent.
          if (isOver) started.abort(new Error('given up'))
          else controller = started
        },
        onResponseStart(_, code) {
          status = code
        },
        onResponseData(_, chunk) {
          bytes += chunk.length
          if (bytes > answerBytesMax) unknown('its answer is too large')
          else chunks.push(chunk)
        },
        onResponseEnd() {
          cancel()
          resolve({ status, body: Buffer.concat(chunks) })
        },
        onResponseError(_, error) {
          if (isOver) return
          if (controller !== undefined) return unknown('the connection broke', error)
          settle(isOdError(error) ? error : unreachable(peer, error))
        },
      },
    )
  })
}

/** A link that was cut here before it came up. */
function unreachable(peer: PeerId, cause: Error & { code?: string }): OdError {
  const reason = cause.code ?? cause.name
  return new OdError('OD_LINK_UNREACHABLE', { address: peer, reason }, { cause })
}
