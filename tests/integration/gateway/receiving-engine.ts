import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request whose body nobody has read yet. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
}

/** An engine that reads a body only as far as the test says. */
export interface ReceivingEngine {
  readonly url: string
  readonly arrivals: readonly Arrival[]
}

/** Starts one on a free port; it is ended with the test. */
export async function startReceiver(
  script: (arrival: Arrival) => void | Promise<void>,
): Promise<ReceivingEngine> {
  const arrivals: Arrival[] = []
  const server = createServer((request, response) => {
    const closed = new Promise<void>((resolve) => {
      request.socket.once('close', () => resolve())
    })
    request.on('error', () => {}) // a broken upload is what a test looks for
    const arrival = { request, response, closed }
    arrivals.push(arrival)
    void script(arrival)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals }
}

/** Reads a body to its end. Rejects when it breaks. */
export async function digestOf(
  request: IncomingMessage,
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, bytes }
}

/** Takes the body as Ollama does: 201 without a word, and nothing when it breaks. */
export async function takeIn({ request, response }: Arrival): Promise<void> {
  const isWhole = await digestOf(request).then(
    () => true,
    () => false,
  )
  if (isWhole) response.writeHead(201, { 'Content-Length': 0 }).end()
}
