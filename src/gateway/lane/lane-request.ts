import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientRequest } from '../client.ts'
import type { WholeRequest } from './read-request.ts'

/** A request that is there whole. Who listens for its body gets it at once. */
export class LaneRequest extends EventEmitter implements ClientRequest {
  readonly method = 'POST'
  readonly httpVersionMajor = 1
  readonly httpVersionMinor = 1
  readonly complete = true
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: string[]
  readonly wholeBody: Buffer
  readonly socket: Socket

  constructor({ target, headers, rawHeaders, body }: WholeRequest, socket: Socket) {
    super()
    this.url = target
    this.headers = headers
    this.rawHeaders = rawHeaders
    this.wholeBody = body
    this.socket = socket
  }

  pause(): this {
    return this
  }

  resume(): this {
    return this
  }
}
