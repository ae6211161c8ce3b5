/** An engine that keeps every byte it is sent, and reads it by the strictest rules. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type ReadRequest, readStrictly } from './strict-reader.ts'

export interface RecordingEngine {
  readonly url: string
  /** Whole requests since it was last asked, in the order in which they ended. */
  take(): ReadRequest[]
  /** What it was sent and could not read: of these there must be none. */
  readonly faults: readonly string[]
  /** Connections that are open. */
  readonly openCount: number
  stop(): void
}

/** What the answer says of a request, so that a client sees whether it got the answer to its own. */
export function markOf({ method, target, body }: Pick<ReadRequest, 'method' | 'target' | 'body'>) {
  return createHash('sha1').update(`${method} ${target}\n${body}`, 'latin1').digest('hex')
}

/**
 * Starts one on a free port. It keeps its connections open, so that bytes too many meet the next request. What the probes of
 * a node ask is answered as an Ollama with that one model does, and not kept.
 */
export async function startRecordingEngine(model: string): Promise<RecordingEngine> {
  const probes = new Map(Object.entries(probeAnswers(model)))
  const received: ReadRequest[] = []
  const faults: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let bytes = ''
    socket.on('data', (piece: Buffer) => {
      bytes += piece.toString('latin1')
      const { requests, end } = readStrictly(bytes)
      for (const request of requests) {
        const known = probes.get(`${request.method} ${request.target}`)
        if (known === undefined) received.push(request)
        socket.write(answerTo(request, known))
      }
      if (requests.length > 1) faults.push(`two at once: ${JSON.stringify(bytes)}`)
      if (end === 'malformed') faults.push(`no request: ${JSON.stringify(bytes)}`)
      if (end !== 'cut') bytes = ''
      else if (requests.length > 0) faults.push(`more behind a request: ${JSON.stringify(bytes)}`)
    })
    socket.on('error', () => {}) // a client that left
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => received.splice(0),
    faults,
    get openCount() {
      return sockets.size
    },
    stop() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function answerTo(request: ReadRequest, known = `{"mark":"${markOf(request)}"}`): string {
  const body = request.method === 'HEAD' ? '' : known
  const type = 'Content-Type: application/json; charset=utf-8'
  return `HTTP/1.1 200 OK\r\n${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

/** The gateway passes none of these on. */
function probeAnswers(model: string): Readonly<Record<string, string>> {
  const digest = 'a1'.repeat(32)
  const details = { family: 'llama', parameter_size: '1B', quantization_level: 'Q4_0' }
  const name = `${model}:latest`
  const entry = { name, model: name, modified_at: '2026-01-01T00:00:00Z', size: 1, digest, details }
  return {
    'GET /api/version': '{"version":"0.24.0"}',
    'GET /api/tags': JSON.stringify({ models: [entry] }),
    'GET /api/ps': '{"models":[]}',
  }
}
