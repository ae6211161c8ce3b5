/**
 * A stand-in for an Ollama on a port of its own: real HTTP, answers that are made before anyone asks. It reads the socket
 * by itself, because Node's HTTP server would cost more than the relays that are measured. A prompt that asks for `5 lines
 * per second` is answered as slowly as that. Argument: the name of its one
 * model, `bench` when absent. Tells its parent the port.
 */
import { createServer, type Socket } from 'node:net'
import { startPace } from './pace.ts'
import { headEnd, reportPort } from './wire.ts'

/** Lines, each a chunk of its own, that leave with one write; with one each, the engine would be slower than the relays. */
const burstLines = 10

const [name = 'bench'] = process.argv.slice(2)
const model = { name: `${name}:latest`, model: `${name}:latest`, digest: 'd', size: 1 }
const date = '2026-01-01T00:00:00Z'
const said = { model: name, created_at: '2026-01-01T00:00:00.000000000Z' }
const counts = { total_duration: 5_000_000, load_duration: 1_000_000, prompt_eval_count: 26 }
const done = {
  done: true,
  done_reason: 'stop',
  ...counts,
  eval_count: 290,
  eval_duration: 3_000_000,
}

const whole = answerOf(JSON.stringify({ ...said, response: 'The sky scatters blue.', ...done }))
const streamHead = Buffer.from(
  'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n',
)
const line = chunkOf({ ...said, response: ' word', done: false })
const burst = Buffer.concat(Array.from({ length: burstLines }, () => line))
const lastLine = chunkOf({ ...said, response: '', ...done })
const streamEnd = Buffer.from('0\r\n\r\n')

/** What the gateway's probes ask, so that it takes this for an Ollama. */
const facts: Readonly<Record<string, Buffer>> = {
  '/': answerOf('Ollama is running'),
  '/api/version': answerOf(JSON.stringify({ version: '0.24.0' })),
  '/api/tags': answerOf(JSON.stringify({ models: [{ ...model, modified_at: date }] })),
  '/api/ps': answerOf(JSON.stringify({ models: [{ ...model, expires_at: date }] })),
}

let pace: ReturnType<typeof startPace> | undefined

const server = createServer({ noDelay: true }, (socket) => {
  let held = ''
  socket.on('error', () => {}) // a client that went away
  socket.on('data', (chunk) => {
    held += chunk.toString('latin1')
    const end = headEnd(held)
    if (end < 0) return
    const head = held.slice(0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (held.length < end + length) return
    answer(socket, head, held.slice(end, end + length))
    held = held.slice(end + length)
  })
})
server.listen(0, '127.0.0.1', () => reportPort(server.address()))

function answer(socket: Socket, head: string, body: string): void {
  const fact = facts[head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/'))]
  if (fact === undefined && body.includes('"stream":true')) {
    socket.write(streamHead)
    const lines = Number(/"num_predict":(\d+)/.exec(body)?.[1])
    const perSecond = /"prompt":"(\d+) lines per second"/.exec(body)?.[1]
    if (perSecond === undefined) writeLines(socket, lines)
    else paced(Number(perSecond))(socket, lines)
  } else socket.write(fact ?? whole)
  if (/\r\nconnection: *close/i.test(head)) socket.end()
}

/** One pace for all that ask for it: the streams of a bench are equally slow. */
function paced(perSecond: number): ReturnType<typeof startPace> {
  const last = Buffer.concat([lastLine, streamEnd])
  pace ??= startPace(line, perSecond, last)
  return pace
}

/** A burst for each turn of the loop, at the reader's pace; `count` lines, or up to a burst more, and the last one. */
function writeLines(socket: Socket, count: number): void {
  let left = count
  const next = () => {
    if (left <= 0) {
      socket.write(Buffer.concat([lastLine, streamEnd]))
      return
    }
    left -= burstLines
    if (socket.write(burst)) setImmediate(next)
    else socket.once('drain', next)
  }
  next()
}

function answerOf(body: string): Buffer {
  const type = body.startsWith('{') ? 'application/json; charset=utf-8' : 'text/plain'
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.from(head + body)
}

function chunkOf(value: object): Buffer {
  const text = `${JSON.stringify(value)}\n`
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`)
}
