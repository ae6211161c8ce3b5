/** Stores to run the contract on. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import {
  openSqliteStore,
  remoteStateStore,
  type StateStore,
  serveState,
} from '../../../src/state/index.ts'
import { type StateLimits, stateLimits } from '../../../src/state/limits.ts'
import { type Clock, systemClock } from '../../../src/sys/clock.ts'
import { type Log, silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

export interface Ground {
  /** A further client of the one store. */
  connect(): StateStore
  /** Ends the store and starts it again on what it has kept; clients of before are gone. */
  restart(): Promise<void>
  /** Breaks what connects clients with the store, where there is something; they may be used on. */
  cut(): void
  /** The next transaction happens, and its answer does not arrive, where there is something between. */
  loseAnswer(): void
  readonly limits: StateLimits
  stop(): Promise<void>
}

/** Bounds that a test reaches in a moment. */
export const smallLimits: StateLimits = {
  ...stateLimits,
  historyChangesMax: 200,
  pageEntriesMax: 5,
  watchReadChangesMax: 8,
  progressMs: 100,
}

/** A database in a folder of its own. */
export async function sqliteGround(limits = smallLimits): Promise<Ground> {
  const directory = await makeTemporaryDirectory()
  const open = () => openStore(directory.inside('cluster.db'), { limits })
  let store = await open()
  return {
    limits,
    connect: () => store,
    cut: () => undefined,
    loseAnswer: () => undefined,
    async restart() {
      await store.close()
      store = await open()
    },
    async stop() {
      await store.close()
      await directory.remove()
    },
  }
}

/** The same, through HTTP on the loopback address. */
export async function remoteGround(limits = smallLimits): Promise<Ground> {
  const local = await sqliteGround(limits)
  let server = await serve(local.connect(), { limits })
  const clients: StateStore[] = []
  const closeClients = async () => {
    for (const client of clients.splice(0)) await client.close()
  }
  return {
    limits,
    connect() {
      const client = server.connect()
      clients.push(client)
      return client
    },
    cut: () => server.cut(),
    loseAnswer: () => server.loseAnswer(),
    async restart() {
      await closeClients()
      await server.stop()
      await local.restart()
      server = await serve(local.connect(), { limits })
    },
    async stop() {
      await closeClients()
      await server.stop()
      await local.stop()
    },
  }
}

/** A store with the machine's own clock and randomness, unless told otherwise. */
export function openStore(
  path: string,
  options: { limits?: StateLimits; clock?: Clock; log?: Log } = {},
): Promise<StateStore> {
  return openSqliteStore({
    path,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...options,
  })
}

export interface Served {
  readonly origin: string
  connect(options?: { clock?: Clock }): StateStore
  /** Ends every connection. */
  cut(): void
  /** Breaks the connection of the next transaction when its answer begins. */
  loseAnswer(): void
  stop(): Promise<void>
}

/** Serves a store, or whatever else listens at `origin` is asked as one. */
export async function serve(
  store: StateStore,
  options: { limits?: StateLimits } = {},
): Promise<Served> {
  const handle = serveState({ store, clock: systemClock, log: silentLog, ...options })
  let losing = false
  const server = createServer((request, response) => {
    if (losing && request.url?.endsWith('/transact') === true) {
      losing = false
      response.writeHead = () => response.destroy()
    }
    if (!handle(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const agent = new Agent()
  return {
    origin,
    connect: ({ clock = systemClock } = {}) =>
      remoteStateStore({
        carrier: agent,
        origin,
        clock,
        random: systemRandom,
        log: silentLog,
        ...options,
      }),
    cut: () => server.closeAllConnections(),
    loseAnswer() {
      losing = true
    },
    async stop() {
      const closed = new Promise((resolve) => {
        server.close(resolve)
      })
      server.closeAllConnections()
      await agent.destroy()
      await closed
    },
  }
}
