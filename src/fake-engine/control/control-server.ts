/** A small HTTP server beside a fake engine or a proxy, by which both are changed and read while they run. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isOdError } from '../../core/errors/index.ts'

const bodyBytesMax = 64 * 1024

/** By `METHOD /path`. Gets the body, gives what is answered as JSON; undefined is answered as `{}`. */
export type ControlRoutes = Readonly<Record<string, (body: string) => unknown>>

export interface ControlServer {
  readonly port: number
  stop(): Promise<void>
}

/** Listens on the loopback address. Rejects with the system's error when the port cannot be had. */
export async function startControlServer(
  routes: ControlRoutes,
  port: number,
): Promise<ControlServer> {
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void respond(routes, request, response)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => {
        server.close(resolve)
      })
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(
  routes: ControlRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '' } = request
  const route = Object.hasOwn(routes, `${method} ${url}`) ? routes[`${method} ${url}`] : undefined
  if (request.headers.origin !== undefined) {
    return answer(response, 403, { error: 'not for pages of a browser' })
  }
  if (route === undefined) {
    const known = Object.keys(routes).join(', ')
    return answer(response, 404, { error: `there is no ${method} ${url}, only ${known}` })
  }
  try {
    const body = await readBody(request)
    if (body === undefined) return answer(response, 413, { error: 'the body is too large' })
    return answer(response, 200, (await route(body)) ?? {})
  } catch (error) {
    if (isOdError(error)) return answer(response, 400, { error: error.message })
    response.destroy() // the client left, or its request was none
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= bodyBytesMax) parts.push(part) // the rest is read away, because a client that still sends hears nothing
  }
  return bytes > bodyBytesMax ? undefined : Buffer.concat(parts).toString('utf8')
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(`${JSON.stringify(value)}\n`)
}
