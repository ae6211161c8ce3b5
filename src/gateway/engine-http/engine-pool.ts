import type { UpstreamCall, UpstreamListener } from '../upstream.ts'
import { type EngineAddress, EngineConnection, type WholeRequest } from './engine-connection.ts'

/** An engine may close a connection a little before it said; a request that meets that is lost. */
const graceSeconds = 1

/** How often idle connections are looked at. */
const lookMs = 1_000

/** Connections to one engine over plain HTTP, kept for reuse: the newest first, so that those which nobody needs end. */
export class EnginePool {
  readonly #address: EngineAddress
  readonly #idleMs: number
  readonly #free: { readonly connection: EngineConnection; readonly untilMs: number }[] = []
  readonly #all = new Set<EngineConnection>()
  #isClosed = false
  #looking: NodeJS.Timeout | undefined

  constructor(origin: string, bounds: { readonly connectMs: number; readonly idleMs: number }) {
    const { hostname, port, host } = new URL(origin)
    this.#address = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(port || 80),
      authority: host,
      connectMs: bounds.connectMs,
    }
    this.#idleMs = bounds.idleMs
  }

  /** Sends a request whose body is there whole. Headers are written as they are: names and values of a request that was read. */
  send(request: WholeRequest, listener: UpstreamListener): UpstreamCall {
    const connection = this.#take()
    return connection.send(request, listener)
  }

  /** Ends each connection when nothing is under way on it. */
  close(): void {
    this.#isClosed = true
    for (const { connection } of [...this.#free]) connection.destroy()
  }

  destroy(): void {
    clearInterval(this.#looking)
    for (const connection of this.#all) connection.destroy()
  }

  #take(): EngineConnection {
    const free = this.#free.pop()
    if (free !== undefined) return free.connection
    const connection: EngineConnection = new EngineConnection(this.#address, {
      free: (one, keptSeconds) => {
        if (this.#isClosed) return one.destroy()
        const keptMs =
          keptSeconds === undefined ? this.#idleMs : (keptSeconds - graceSeconds) * 1_000
        const untilMs = performance.now() + Math.min(this.#idleMs, keptMs)
        this.#free.push({ connection: one, untilMs })
      },
      gone: (one) => {
        this.#all.delete(one)
        const at = this.#free.findIndex((free) => free.connection === one)
        if (at >= 0) this.#free.splice(at, 1)
      },
    })
    this.#all.add(connection)
    this.#looking ??= setInterval(() => this.#look(), lookMs).unref()
    return connection
  }

  #look(): void {
    const nowMs = performance.now()
    for (const { connection, untilMs } of [...this.#free]) {
      if (untilMs < nowMs) connection.destroy()
    }
    if (this.#all.size > 0) return
    clearInterval(this.#looking)
    this.#looking = undefined
  }
}
