/** What members can ask of this node over links, by the beginning of the path. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PeerId } from '../../cluster/identity/index.ts'
import type { SoftStateService } from '../../cluster/soft-state/index.ts'
import { isOdError } from '../../core/errors/index.ts'

/** Answers a request of a member. */
export type LinkHandler = (peer: PeerId, request: IncomingMessage, response: ServerResponse) => void

/** Where soft state is told. */
export const gossipPath = '/link/v1/gossip'

/** The largest packet, and some. */
const gossipBytesMax = 128 * 1024

/** Routes by prefix; who adds one takes it back at its end. */
export class LinkRoutes {
  readonly #handlers = new Map<string, LinkHandler>()

  /** Returns what takes it away. */
  add(prefix: string, handler: LinkHandler): () => void {
    this.#handlers.set(prefix, handler)
    return () => void this.#handlers.delete(prefix)
  }

  /** Answers; 404 for a path that nobody has. */
  readonly answer: LinkHandler = (peer, request, response) => {
    const path = request.url ?? ''
    for (const [prefix, handler] of this.#handlers) {
      if (path.startsWith(prefix)) return handler(peer, request, response)
    }
    sendError(response, 404, 'this node has no such route')
  }
}

/** Takes packets of soft state and answers with what is to go back. */
export function gossipHandler(softState: SoftStateService): LinkHandler {
  return (peer, request, response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('error', () => {}) // the other node left
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > gossipBytesMax) request.destroy()
      else chunks.push(chunk)
    })
    request.on('end', () => {
      try {
        response.end(softState.receive(peer, Buffer.concat(chunks)))
      } catch (error) {
        if (!isOdError(error)) throw error
        sendError(response, error.httpStatus, error.message)
      }
    })
  }
}

export function sendError(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ error }))
}
