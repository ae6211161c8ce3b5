import { connectRaw, type RawConnection } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import type { CrowdCase } from './crowd-cases.ts'
import type { Ground } from './ground.ts'
import { probe } from './withstand.ts'

/** Many clients that send something and then no more than a byte now and then. */
export interface CrowdResult {
  /** How long normal requests took meanwhile, in milliseconds, shortest first. */
  readonly probesMs: readonly number[]
  /** From the last connection to the last end, in milliseconds. */
  readonly lastedMs: number
}

/**
 * Opens `count` connections that send `first` and every `dripMs` the byte `drip`, until the gateway has ended all of them.
 * Rejects when one is still open after `timeoutMs`.
 */
export async function sendCrowd(
  { origin }: Ground,
  { count, first, drip, dripMs }: CrowdCase & { count: number; dripMs: number },
  timeoutMs: number,
): Promise<CrowdResult> {
  const open = new Set<RawConnection>()
  for (let i = 0; i < count; i++) {
    const connection = await connectRaw(origin)
    open.add(connection)
    const drop = () => void open.delete(connection)
    connection.socket.on('close', drop).on('end', drop)
    // Read what comes, so that its end is seen.
    connection.socket.resume()
    if (first !== '') await connection.send(first)
  }
  const startedMs = performance.now()
  const dripping = setInterval(() => {
    if (drip !== '') for (const { socket } of open) socket.write(drip)
  }, dripMs)
  const probesMs: number[] = []
  try {
    await until(
      'all are cut',
      async () => {
        probesMs.push((await probe(origin)).durationMs)
        return open.size === 0
      },
      { timeoutMs, everyMs: 50 },
    )
  } finally {
    clearInterval(dripping)
    for (const { socket } of open) socket.destroy()
  }
  return { probesMs: probesMs.sort((a, b) => a - b), lastedMs: performance.now() - startedMs }
}

/** The value that 99 of 100 do not exceed. */
export function p99(sorted: readonly number[]): number {
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0
}
