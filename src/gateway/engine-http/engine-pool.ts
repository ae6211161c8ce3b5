import type { Clock } from '../../sys/clock.ts'
import type { UpstreamCall, UpstreamListener } from '../upstream.ts'
import { type EngineAddress, EngineConnection, type WholeRequest } from './engine-connection.ts'

/** An engine may close a connection a little before it said; a request that meets that is lost. */
const graceSeconds = 1

/** How often idle connections are looked at. */
const lookMs = 1_000

export interface PoolBounds {
  /** Time that an engine has to accept a connection. */
  readonly connectMs: number
  /** How long an idle connection is kept. */
  readonly idleMs: number
}

/** Connections to one engine over plain HTTP, kept for reuse: the newest first, so that those which nobody needs end. */
export class EnginePool {
  readonly #address: EngineAddress
  readonly #idleMs: number
  #free: { readonly connection: EngineConnection; readonly untilMs: number }[] = []
  readonly #all = new Set<EngineConnection>()
  readonly #clock: Clock
  #isClosed = false
  #isLooking = false
  #cancelLook = () => {}

  constructor(origin: string, bounds: PoolBounds, clock: Clock) {
    this.#clock = clock
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
    for (const { connection } of this.#free) connection.destroy()
  }

  destroy(): void {
    this.#isClosed = true
    this.#cancelLook()
    for (const connection of this.#all) connection.destroy()
  }

  #take(): EngineConnection {
    const free = this.#free.pop()
    if (free !== undefined) return free.connection
    const end = {
      free: (one: EngineConnection, keptSeconds: number | undefined) =>
        this.#keep(one, keptSeconds),
      gone: (one: EngineConnection) => this.#forget(one),
    }
    const connection = new EngineConnection(this.#address, end, this.#clock)
    this.#all.add(connection)
    if (!this.#isLooking) this.#lookLater()
    return connection
  }

  #keep(connection: EngineConnection, keptSeconds: number | undefined): void {
    if (this.#isClosed) return connection.destroy()
    const saidMs = keptSeconds === undefined ? this.#idleMs : (keptSeconds - graceSeconds) * 1_000
    const untilMs = this.#clock.nowMs() + Math.min(this.#idleMs, saidMs)
    this.#free.push({ connection, untilMs })
  }

  #forget(connection: EngineConnection): void {
    this.#all.delete(connection)
    this.#free = this.#free.filter((free) => free.connection !== connection) // others may be going through it
  }

  #lookLater(): void {
    this.#isLooking = this.#all.size > 0 && !this.#isClosed
    if (this.#isLooking) this.#cancelLook = this.#clock.after(lookMs, () => this.#look())
  }

  #look(): void {
    const nowMs = this.#clock.nowMs()
    for (const { connection, untilMs } of this.#free) {
      if (untilMs < nowMs) connection.destroy()
    }
    this.#lookLater()
  }
}
