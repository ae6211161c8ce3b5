/** A watch as lines, as fast as its reader takes them. */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../../sys/clock.ts'
import type { StateLimits } from '../limits.ts'
import type { Position, StateStore } from '../port.ts'

/** Resolves when the watch is over or its reader has left. Throws what the watch throws. */
export async function serveWatch(
  { prefix, after }: { readonly prefix: string; readonly after: Position },
  response: ServerResponse,
  options: { readonly store: StateStore; readonly clock: Clock; readonly limits: StateLimits },
): Promise<void> {
  const { store, clock, limits } = options
  const left = new AbortController()
  response.once('close', () => left.abort())
  if (response.destroyed) return
  for await (const item of store.watch({ prefix, after, signal: left.signal })) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    if (response.write(`${JSON.stringify(item)}\n`)) continue
    const cancel = clock.after(limits.remoteStalledMs, () => response.destroy())
    await takenOrLeft(response, left.signal)
    cancel()
  }
  response.end()
}

function takenOrLeft(response: ServerResponse, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (left.aborted) resolve()
    const settle = () => {
      response.off('drain', settle)
      left.removeEventListener('abort', settle)
      resolve()
    }
    response.once('drain', settle)
    left.addEventListener('abort', settle)
  })
}
