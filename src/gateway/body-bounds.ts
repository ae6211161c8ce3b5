import { OdError } from '../core/errors/index.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'

/** Whose body is read: a request of a client, or of another node. */
export type BodySource = Pick<Exchange, 'request' | 'response' | 'whenLeft' | 'wasLetSend'>

/** How often a body's progress is looked at, once it has had its time to start. */
const lookMs = 1_000

/** The refusal of a body. The connection ends with it: from now on what comes behind the body is not looked at. */
export function bodyTooLarge(
  { response }: Pick<Exchange, 'response'>,
  limitBytes: number,
): OdError {
  response.shouldKeepAlive = false
  return new OdError('OD_EDGE_BODY_TOO_LARGE', { limitBytes })
}

type PaceLimits = Pick<
  GatewayLimits,
  'bodyMs' | 'bodyRateAfterMs' | 'bodyBytesPerSecondMin' | 'longBodyBytesPerSecondMin'
>

/**
 * Slower on average than anything that really sends, or, once its time is over, than a body must be that is too long to come
 * within it.
 */
export function isTooSlow(receivedBytes: number, elapsedMs: number, limits: PaceLimits): boolean {
  if (elapsedMs < Math.min(limits.bodyRateAfterMs, limits.bodyMs)) return false
  const isLong = elapsedMs >= limits.bodyMs
  const bytesPerSecond = isLong ? limits.longBodyBytesPerSecondMin : limits.bodyBytesPerSecondMin
  return receivedBytes < (bytesPerSecond * elapsedMs) / 1000
}

/** When to look at it next. */
export function nextLookMs(elapsedMs: number, { bodyMs }: PaceLimits): number {
  const leftMs = bodyMs - elapsedMs
  return leftMs > 0 ? Math.min(lookMs, leftMs) : lookMs
}

/**
 * Tells a client that asked to be told that its body is wanted. Behind answers that are still to come only when they are
 * out: of a response that waits for its turn Node would send the head first, and this in the middle of its body.
 */
export function letSend(source: Pick<Exchange, 'request' | 'response' | 'wasLetSend'>): void {
  const { request, response } = source
  if (request.headers.expect?.toLowerCase() !== '100-continue') return
  const tell = () => {
    if (response.headersSent) return
    response.writeContinue()
    source.wasLetSend = true
  }
  if (response.socket !== null) tell()
  else response.once('socket', tell)
}
