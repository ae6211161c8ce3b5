/**
 * The load generator: kept connections that post and read. It reads the sockets by itself, so that it costs less than what
 * it measures. Does one load for each message of its parent and answers with what came of it.
 */
import { connect } from 'node:net'
import { AnswerReader } from './wire.ts'

/** `closed`: each connection asks again when it has its answer. `open`: requests leave at their time, answered or not. */
export interface LoadOrder {
  readonly port: number
  readonly body: string
  readonly connections: number
  /** Requests in all. */
  readonly count: number
  /** Requests per second of an open loop. */
  readonly perSecond?: number
}

export interface LoadResult {
  readonly durationMs: number
  /** Of every request, in order of size. */
  readonly latenciesMs: readonly number[]
  /** Bytes of all bodies: the same through every relay. */
  readonly bodyBytes: number
}

const readBytes = 256 * 1024

class Connection {
  isIdle = true
  readonly #reader = new AnswerReader()
  readonly #socket: ReturnType<typeof connect>
  readonly #request: string
  #sentMs = 0

  constructor({ port, body }: LoadOrder, answered: (latencyMs: number, bodyBytes: number) => void) {
    const head = `POST /api/generate HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
    this.#request = `${head}${type}User-Agent: bench\r\nAccept: */*\r\n\r\n${body}`
    const callback = (count: number, buffer: Uint8Array) => {
      if (!this.#reader.take(buffer.subarray(0, count) as Buffer)) return true
      this.isIdle = true
      answered(performance.now() - this.#sentMs, this.#reader.bodyBytes)
      return true
    }
    const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread })
    this.#socket.on('error', fail).on('end', () => fail(new Error('a connection was closed')))
  }

  ask(): void {
    this.isIdle = false
    this.#sentMs = performance.now()
    this.#socket.write(this.#request, 'latin1')
  }

  close(): void {
    this.#socket.destroy()
  }
}

function run(order: LoadOrder): Promise<LoadResult> {
  const { count, perSecond } = order
  return new Promise((resolve) => {
    const latenciesMs: number[] = []
    let bodyBytes = 0
    let asked = 0
    const connections = Array.from({ length: order.connections }, () => {
      const connection: Connection = new Connection(order, (latencyMs, bytes) => {
        latenciesMs.push(latencyMs)
        bodyBytes += bytes
        if (latenciesMs.length === count) finish()
        else if (perSecond === undefined && asked < count) ask(connection)
      })
      return connection
    })
    const startMs = performance.now()
    function ask(connection: Connection): void {
      asked += 1
      connection.ask()
    }
    function finish(): void {
      const durationMs = performance.now() - startMs
      for (const connection of connections) connection.close()
      resolve({ durationMs, latenciesMs: latenciesMs.sort((a, b) => a - b), bodyBytes })
    }
    function askDue(rate: number): void {
      const due = Math.min(count, ((performance.now() - startMs) / 1000) * rate)
      while (asked < due) {
        const idle = connections.find(({ isIdle }) => isIdle)
        if (idle === undefined) return fail(new Error('every connection is waiting'))
        ask(idle)
      }
      if (asked < count) setTimeout(() => askDue(rate), 1)
    }
    if (perSecond === undefined) connections.slice(0, count).forEach(ask)
    else askDue(perSecond)
  })
}

function fail(error: unknown): never {
  console.error(error)
  process.exit(1)
}

process.on('message', (order: LoadOrder) => {
  void run(order).then((result) => process.send?.(result))
})
