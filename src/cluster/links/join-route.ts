import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { PeerId } from '../identity/index.ts'
import { JoinRate } from './join-rate.ts'
import type { LinkLimits } from './limits.ts'
import type { Visitor } from './listener.ts'
import type { RefusalLog } from './refusal-log.ts'

/** The one route that is open to strangers. */
export const joinPath = '/link/v1/join'

/** Somebody who wants to become a member. That the name is its own was proved by the handshake. */
export interface JoinRequest {
  readonly peer: PeerId
  /** Address as the system gave it; a hint for people, no proof. */
  readonly address: string
  /** At most `joinBodyBytesMax`, as it came. */
  readonly body: Uint8Array
}

/** JSON, with its status. */
export interface JoinAnswer {
  readonly status: number
  readonly body: string
}

export type JoinRequestHandler = (request: JoinRequest) => Promise<JoinAnswer>

interface JoinRouteOptions {
  readonly onJoin: JoinRequestHandler
  readonly limits: LinkLimits
  readonly refusals: RefusalLog
  readonly clock: Clock
  readonly log: Log
}

/** Answers the join route. Whoever asks too often, or sends too much, is refused before the caller hears of it. */
export function makeJoinRoute({ onJoin, limits, refusals, clock, log }: JoinRouteOptions) {
  const rate = new JoinRate(limits)
  return async (
    { peer, source }: Visitor,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (!rate.take(source, clock.nowMs())) {
      refusals.add(source, 'join-rate', { peer })
      response.setHeader('retry-after', '60')
      return refuse(response, 429, 'too many wishes to join; wait a minute')
    }
    const address = request.socket.remoteAddress ?? ''
    const body = await bodyOf(request, limits.joinBodyBytesMax)
    if (body === 'too-large') {
      refusals.add(source, 'join-body', { peer })
      return refuse(response, 413, 'the body is too large')
    }
    if (body === 'broken') return
    try {
      const answer = await onJoin({ peer, address, body })
      sendJson(response, answer.status, answer.body)
    } catch (error) {
      log.error({ err: error, peer }, 'link.join-failed')
      refuse(response, 500, 'this node failed to answer')
    }
  }
}

/** Answers with an error, and ends the connection behind it. */
export function refuse(response: ServerResponse, status: number, error: string): void {
  response.shouldKeepAlive = false
  sendJson(response, status, JSON.stringify({ error }))
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
}

async function bodyOf(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | 'too-large' | 'broken'> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      if (bytes > bytesMax) return 'too-large'
      chunks.push(chunk as Buffer)
    }
  } catch {
    return 'broken'
  }
  return Buffer.concat(chunks)
}
