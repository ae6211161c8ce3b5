import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../sys/clock.ts'
import { encodeFullList } from './full-list.ts'
import { limits } from './limits.ts'
import type { OwnEngines } from './ports.ts'

/** Where members ask for the full list. */
export const fullListPath = '/link/v1/engines'

/**
 * Answers a member that asks for all that is known of this node's engines, which are asked first: who has just made a model
 * must see it. An engine that is slow is not waited for.
 */
export async function answerFullList(
  own: OwnEngines,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume()
  const late = new Promise<void>((resolve) => void clock.after(limits.ownListMsMax, resolve))
  await Promise.race([own.refresh(0), late])
  if (response.destroyed) return
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(encodeFullList(own.list()))
}
