import { OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import { type Exchange, whenClientLeaves } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'

/** How often a body's progress is looked at, once it has had its time to start. */
const lookMs = 1_000

/**
 * Reads the body whole, so that it can be sent again to another engine. Rejects with OD_EDGE_BODY_TOO_LARGE (by
 * Content-Length before a byte is read, or by count), OD_EDGE_TOO_SLOW, or OD_REQUEST_CANCELED when the client leaves.
 * A client that asked to be told ("Expect: 100-continue") is told to go on once the length is found acceptable.
 */
export function readBody(
  exchange: Exchange,
  bytesMax: number,
  { clock, limits }: { clock: Clock; limits: GatewayLimits },
): Promise<Buffer> {
  const { request } = exchange
  const tooLarge = () => new OdError('OD_EDGE_BODY_TOO_LARGE', { limitBytes: bytesMax })
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge())
  letSend(exchange)
  return new Promise((resolve, reject) => {
    const startedMs = clock.nowMs()
    const chunks: Buffer[] = []
    let receivedBytes = 0
    let cancel = clock.after(Math.min(limits.bodyRateAfterMs, limits.bodyMs), look)

    function look(): void {
      const elapsedMs = clock.nowMs() - startedMs
      if (isTooSlow(receivedBytes, elapsedMs, limits)) finish(new OdError('OD_EDGE_TOO_SLOW'))
      else cancel = clock.after(Math.min(lookMs, limits.bodyMs - elapsedMs), look)
    }
    function take(chunk: Buffer): void {
      receivedBytes += chunk.length
      if (receivedBytes > bytesMax) finish(tooLarge())
      else chunks.push(chunk)
    }
    const done = () => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    function finish(result: Buffer | OdError | undefined): void {
      cancel()
      stopWatching()
      request.off('data', take).off('end', done)
      if (result instanceof OdError) reject(result)
      else resolve(result ?? Buffer.alloc(0))
    }
    let stopWatching = () => {} // replaced below; the client may have left before
    request.on('data', take).on('end', done)
    stopWatching = whenClientLeaves(exchange, () => finish(new OdError('OD_REQUEST_CANCELED')))
  })
}

/**
 * Tells a client that asked to be told that its body is wanted. Behind answers that are still to come only when they are
 * out: of a response that waits for its turn Node would send the head first, and this in the middle of its body.
 */
export function letSend({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  if (request.headers.expect?.toLowerCase() !== '100-continue') return
  if (response.socket !== null) response.writeContinue()
  else response.once('socket', () => !response.headersSent && response.writeContinue())
}

/** Over the whole time, or slower on average than anything that really sends. */
export function isTooSlow(
  receivedBytes: number,
  elapsedMs: number,
  limits: Pick<GatewayLimits, 'bodyMs' | 'bodyRateAfterMs' | 'bodyBytesPerSecondMin'>,
): boolean {
  if (elapsedMs >= limits.bodyMs) return true
  if (elapsedMs < limits.bodyRateAfterMs) return false
  return receivedBytes < (limits.bodyBytesPerSecondMin * elapsedMs) / 1000
}
