/** A TCP proxy that spoils the connections between clients and one engine. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import { Gone } from '../abortable.ts'
import type { CutBy, Direction, LinkFaults, LinkStats } from './link-faults.ts'
import { LinkSwitch } from './link-switch.ts'
import { type PipeEnd, runPipe } from './pipe.ts'

export interface FaultProxyOptions {
  /** Where the engine listens. */
  readonly engine: { readonly host: string; readonly port: number }
  /** 0 takes any free port. */
  readonly port?: number
  readonly clock: Clock
}

export interface FaultProxy {
  readonly port: number
  /** Replaces all faults; an empty object passes everything on as it is. */
  set(faults: LinkFaults): void
  /** Ends all open connections, on both sides. */
  cut(how: CutBy): void
  stats(): LinkStats
  /** Ends everything. */
  stop(): Promise<void>
}

/** Starts one on the loopback address. Rejects with the system's error when the port cannot be had. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const faults = new LinkSwitch()
  const counts = {
    connections: 0,
    cut: 0,
    refused: 0,
    bytes: { toClient: 0, toEngine: 0 },
    dropped: 0,
    heldMax: 0,
  }
  const links = new Set<Link>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (faults.now.refuse === true) {
      counts.refused++
      client.resetAndDestroy()
      return
    }
    counts.connections++
    const link = new Link(client, options, faults, counts)
    links.add(link)
    void link.over.then(() => links.delete(link))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const cut = (how: CutBy): void => {
    for (const link of links) link.cut(how)
  }
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => faults.set(next),
    cut,
    stats: () => ({ ...counts, bytes: { ...counts.bytes }, openConnections: links.size }),
    async stop() {
      const closed = new Promise((resolve) => {
        server.close(resolve)
      })
      cut('rst')
      await closed
    },
  }
}

interface Counts {
  cut: number
  bytes: Record<Direction, number>
  dropped: number
  heldMax: number
}

/** A client's connection, and the one to the engine that belongs to it. */
class Link {
  /** Resolves when both sides are closed. */
  readonly over: Promise<void>
  readonly #sides: readonly [client: Socket, engine: Socket]
  readonly #counts: Counts
  readonly #closed = new AbortController()

  constructor(
    client: Socket,
    { engine, clock }: FaultProxyOptions,
    faults: LinkSwitch,
    counts: Counts,
  ) {
    const toEngine = connect({ ...engine, allowHalfOpen: true, noDelay: true })
    this.#sides = [client, toEngine]
    this.#counts = counts
    this.over = Promise.all(this.#sides.map((side) => this.#watch(side))).then(() => {})
    const run = (from: Socket, to: Socket, direction: Direction): Promise<PipeEnd> =>
      runPipe({
        from,
        to,
        direction,
        faults,
        clock,
        signal: this.#closed.signal,
        onHeld: (bytes) => {
          counts.heldMax = Math.max(counts.heldMax, bytes)
        },
        onPassed: (bytes) => {
          counts.bytes[direction] += bytes
        },
        onDropped: (bytes) => {
          counts.dropped += bytes
        },
      })
    for (const pipe of [run(client, toEngine, 'toEngine'), run(toEngine, client, 'toClient')]) {
      pipe.then(
        (end) => {
          if (end === 'cut') this.cut(faults.now.cut?.how ?? 'fin')
        },
        (error: unknown) => {
          if (!(error instanceof Gone)) throw error
        },
      )
    }
  }

  cut(how: CutBy): void {
    if (this.#closed.signal.aborted) return
    this.#counts.cut++
    this.#closed.abort()
    for (const side of this.#sides) {
      if (how === 'rst') side.resetAndDestroy()
      else side.destroySoon() // what was written before still goes out
    }
  }

  /** An error on one side, a reset above all, is passed on as a reset. */
  #watch(side: Socket): Promise<void> {
    return new Promise((resolve) => {
      side.on('error', () => {
        this.#closed.abort()
        for (const one of this.#sides) one.resetAndDestroy()
      })
      side.once('close', () => resolve())
    })
  }
}
