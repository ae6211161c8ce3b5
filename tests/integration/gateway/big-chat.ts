import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { onTestFinished } from 'vitest'

const pieceBytes = 64 * 1024

/**
 * The body of a chat with pictures of so many bytes in all, made while it is read, so that a test holds none of it. The model
 * stands behind them: who looks for it must have seen everything.
 */
export function* bigChat(bytes: number, model = 'tiny'): Generator<Buffer> {
  yield Buffer.from('{"messages":[{"role":"user","content":"what is this? \\"\\\\\\"","images":["')
  for (let left = bytes, index = 0; left > 0; left -= pieceBytes, index++) {
    const letter = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.charCodeAt(index % 26)
    if (index % 100 === 99) yield Buffer.from('","')
    yield Buffer.alloc(Math.min(pieceBytes, left), letter)
  }
  yield Buffer.from(`"]}],"stream":false,"model":"${model}"}`)
}

/** Length and hash of bytes. */
export interface Digested {
  readonly bytes: number
  readonly sha256: string
}

export function digestOf(chunks: Iterable<Uint8Array>): Digested {
  const hash = createHash('sha256')
  let bytes = 0
  for (const chunk of chunks) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The answer to a body sent piece by piece, with its length told or in chunks. */
export async function sendChunks(
  origin: string,
  chunks: Iterable<Uint8Array>,
  { path = '/api/chat', bytes, type }: { path?: string; bytes?: number; type?: string } = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const headers = {
    ...(bytes === undefined ? {} : { 'Content-Length': String(bytes) }),
    ...(type === undefined ? {} : { 'Content-Type': type }),
  }
  const sending = open(`${origin}${path}`, { method: 'POST', headers, agent: false })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sending.once('response', resolve)
    sending.once('error', reject)
  })
  const sent = pipeline(Readable.from(chunks), sending).catch(() => {}) // an answer may come before all is sent
  const answer = await answered
  let body = ''
  for await (const chunk of answer) body += String(chunk)
  sending.destroy()
  await sent
  return { status: answer.statusCode ?? 0, headers: answer.headers, body }
}

export interface HashingEngine {
  readonly url: string
  /** What came whole, in order. */
  readonly received: readonly (Digested & { readonly length: string | undefined })[]
}

/**
 * An Ollama that has the model `tiny`, hashes what it is asked and answers a line. `onChunk` hears of every piece of a body
 * and may break the connection.
 */
export async function startHashingEngine(
  onChunk: (bytes: number, request: IncomingMessage) => void = () => {},
): Promise<HashingEngine> {
  const received: (Digested & { length: string | undefined })[] = []
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/') return void response.end('Ollama is running')
    if (request.method !== 'POST') return answer(response, listOf(request.url ?? ''))
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
      onChunk(bytes, request)
    }
    const length = request.headers['content-length']
    received.push({ bytes, sha256: hash.digest('hex'), length })
    answer(response, { model: 'tiny', done: true, done_reason: 'stop' })
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => {}) // one that breaks off is not received
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** What an Ollama says to those who look whether it is there and what it has. */
function listOf(path: string): object {
  if (path === '/api/version') return { version: '0.24.0' }
  const model = { name: 'tiny:latest', model: 'tiny:latest', digest: 'd'.repeat(64), size: 1 }
  const entry = { ...model, modified_at: '2026-01-01T00:00:00Z', details: { family: 'llama' } }
  return { models: path === '/api/tags' ? [entry] : [] }
}
