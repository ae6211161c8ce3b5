import { OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import { type BodySource, bodyTooLarge, isTooSlow, letSend, nextLookMs } from './body-bounds.ts'
import { whenClientLeaves } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'
import type { Budget } from './spool/budget.ts'
import { bodiesFull, type Spool } from './spool/spool.ts'
import { SpooledBody } from './spool/spooled-body.ts'
import { type BodyStart, spoolBody } from './spool/spooling.ts'

/** A body as it came: in memory, or on disk where it is long. */
export type RequestBody = Buffer | SpooledBody

interface ReadOptions {
  readonly clock: Clock
  readonly limits: GatewayLimits
}

/** What is at most as long is not counted: the bound on connections bounds it. What one read of a connection brings. */
const uncountedBytes = 64 * 1024

/**
 * Reads a body whole into memory. Rejects with OD_EDGE_BODY_TOO_LARGE (by Content-Length before a byte is read, or by
 * count), OD_EDGE_TOO_SLOW, or OD_REQUEST_CANCELED when the client leaves. A client that asked to be told
 * ("Expect: 100-continue") is told to go on once the length is found acceptable.
 */
export function readBody(
  source: BodySource,
  bytesMax: number,
  options: ReadOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => receive(source, bytesMax, options, { resolve, reject }))
}

/** What a body may be. */
export interface ExpectedBody {
  readonly bytesMax: number
  /** False where it must be looked at whole: an outline says nothing of it. */
  readonly isJson: boolean
}

/**
 * Reads a body whole, so that it can be sent again to another engine: to disk where it is long, or where memory is short. What
 * is no JSON stays in memory and has a smaller bound. Rejects as `readBody` and `spoolBody`. Whoever gets it releases it.
 */
export function receiveBody(
  source: BodySource,
  { bytesMax, isJson }: ExpectedBody,
  options: ReadOptions & { readonly spool: Spool },
): Promise<RequestBody> {
  const { spool, limits } = options
  return new Promise((resolve, reject) => {
    if (!isJson) {
      const smallerMax = Math.min(bytesMax, limits.heldFormBytesMax)
      return receive(source, smallerMax, options, { resolve, reject, held: spool.held })
    }
    const onLong = (start: BodyStart) => resolve(spoolBody(source, start, bytesMax, options))
    receive(source, bytesMax, options, { resolve, reject, held: spool.held, onLong })
  })
}

/** The body is needed no more. */
export function releaseBody(body: RequestBody, spool: Spool): void {
  if (body instanceof SpooledBody) body.release()
  else if (body.length > uncountedBytes) spool.held.give(body.length)
}

interface Receiver {
  readonly resolve: (body: Buffer) => void
  readonly reject: (error: OdError) => void
  /** What it is counted against; absent where another bound is enough. */
  readonly held?: Budget
  /** Where a body goes on that is found to be long, or for which there is no memory. */
  readonly onLong?: (start: BodyStart) => void
}

function receive(
  source: BodySource,
  bytesMax: number,
  { clock, limits }: ReadOptions,
  { resolve, reject, held, onLong }: Receiver,
): void {
  const { request } = source
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    return reject(bodyTooLarge(source, bytesMax))
  }
  const { wholeBody } = request
  if (wholeBody !== undefined) return resolve(wholeBody)
  letSend(source)
  const startedMs = clock.nowMs()
  const chunks: Buffer[] = []
  let receivedBytes = 0
  let heldBytes = 0 // as counted
  let cancel = clock.after(Math.min(limits.bodyRateAfterMs, limits.bodyMs), look)

  function look(): void {
    const elapsedMs = clock.nowMs() - startedMs
    if (isTooSlow(receivedBytes, elapsedMs, limits)) fail(new OdError('OD_EDGE_TOO_SLOW'))
    else cancel = clock.after(nextLookMs(elapsedMs, limits), look)
  }
  function take(chunk: Buffer): void {
    receivedBytes += chunk.length
    if (receivedBytes > bytesMax) return fail(bodyTooLarge(source, bytesMax))
    chunks.push(chunk)
    if (held === undefined || receivedBytes <= uncountedBytes || mayHold(held)) return
    if (onLong === undefined) return fail(bodiesFull(held))
    leave()
    held.give(heldBytes)
    onLong({ chunks, startedMs })
  }
  function mayHold(budget: Budget): boolean {
    if (onLong !== undefined && receivedBytes > limits.heldBodyBytesMax) return false
    if (!budget.take(receivedBytes - heldBytes)) return false
    heldBytes = receivedBytes
    return true
  }
  function done(): void {
    leave()
    resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
  }
  function fail(error: OdError): void {
    leave()
    held?.give(heldBytes)
    reject(error)
  }
  function leave(): void {
    cancel()
    stopWatching()
    request.off('data', take).off('end', done)
  }
  let stopWatching = () => {} // replaced below; the client may have left before
  request.on('data', take).on('end', done)
  stopWatching = whenClientLeaves(source, () => fail(new OdError('OD_REQUEST_CANCELED')))
}
