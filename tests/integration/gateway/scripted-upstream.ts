import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A request as the upstream got it. */
interface Received {
  readonly method: string
  readonly path: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** One request in the hands of the test, which says byte by byte what the engine answers and when. */
export interface Turn {
  readonly request: Received
  readonly response: ServerResponse
  readonly socket: Socket
  /** Resolves when the connection of the request is gone. */
  readonly closed: Promise<void>
}

/** A stand-in for an engine that does what the test says, so that each moment of an answer can be held. */
export interface ScriptedUpstream {
  readonly url: string
  readonly received: readonly Received[]
  /** Empties `received`. */
  forget(): void
  /** Cuts every connection with a reset and stops listening, as a killed process does. */
  kill(): Promise<void>
}

/** Starts one on a free port; every request is given to `script`. */
export async function startUpstream(
  script: (turn: Turn) => void | Promise<void>,
): Promise<ScriptedUpstream> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const closings = new WeakMap<Socket, Promise<void>>()
  const server = createServer((request, response) => {
    const take = (body: Buffer) => {
      const { method = '', url = '', rawHeaders, socket } = request
      const turn = { request: { method, path: url, rawHeaders, body }, response, socket }
      received.push(turn.request)
      return script({ ...turn, closed: closings.get(socket) ?? Promise.resolve() })
    }
    void readAll(request).then(take, () => {}) // one that breaks off is not received
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
    })
    closings.set(socket, closed)
    void closed.then(() => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    forget: () => void received.splice(0),
    kill() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      for (const socket of sockets) socket.resetAndDestroy()
      return closed
    },
  }
}

/** A JSON line as Ollama streams them. */
export function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

/** Starts a stream of JSON lines with these. */
export function beginStream(response: ServerResponse, ...lines: readonly object[]): void {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  for (const value of lines) response.write(line(value))
}

/** Answers whole, as Ollama does. */
export function answerJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** Where nothing listens: an upstream that was there and is gone. */
export async function deadUrl(): Promise<string> {
  const upstream = await startUpstream(() => {})
  await upstream.kill()
  return upstream.url
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
