import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  type Identity,
  identityOf,
  type Multiaddress,
  type PeerId,
  parseMultiaddress,
} from '../../../src/cluster/identity/index.ts'
import {
  callLink,
  type JoinAnswer,
  type JoinRequest,
  type LinkAnswer,
  type LinkCall,
  type LinkLimits,
  type LinksClient,
  Members,
  makeLinksClient,
  startLinksServer,
} from '../../../src/cluster/links/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { openLog } from '../../../src/sys/log.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

/** A request that a test's server got, and from whom. */
export interface Asked {
  readonly peer: PeerId
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The listening side of a link, in this process. */
export interface TestNode {
  readonly identity: Identity
  readonly members: Members
  readonly port: number
  readonly address: Multiaddress
  /** Of members, in the order in which they came. */
  readonly asked: Asked[]
  readonly joins: JoinRequest[]
  /** Lines of the log so far with this event. */
  logged(event: string): Record<string, unknown>[]
  /** The whole log so far. */
  everything(): string
  stop(graceMs: number): Promise<void>
}

export interface TestNodeOptions {
  readonly identity?: Identity
  readonly members?: Members
  readonly limits?: Partial<LinkLimits>
  readonly port?: number
  /** Answers members; `200 ok` when absent. */
  readonly answer?: (asked: Asked) => void
  readonly join?: (request: JoinRequest) => Promise<JoinAnswer>
}

export function newIdentity(): Identity {
  return identityOf(generateKeyPairSync('ed25519').privateKey)
}

/** Starts one on a free port of the loopback address; it is stopped when the test ends. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { identity = newIdentity(), members = new Members(), limits = {} } = options
  const directory = await makeTemporaryDirectory()
  const file = directory.inside('links.log')
  const asked: Asked[] = []
  const joins: JoinRequest[] = []
  const server = await startLinksServer({
    identity,
    members,
    host: '127.0.0.1',
    port: options.port ?? 0,
    onRequest(peer, request, response) {
      const one = { peer, request, response }
      asked.push(one)
      if (options.answer !== undefined) return options.answer(one)
      request.resume()
      response.end('ok')
    },
    onJoin(request) {
      joins.push(request)
      return options.join?.(request) ?? Promise.resolve({ status: 200, body: '{"ok":1}' })
    },
    clock: systemClock,
    log: openLog({ level: 'info', file }),
    limits,
  })
  let stopped: Promise<void> | undefined
  const stop = (graceMs: number) => {
    stopped ??= server.stop(graceMs)
    return stopped
  }
  onTestFinished(async () => {
    await stop(0)
    await directory.remove()
  })
  const everything = () => readFileSync(file, 'utf8')
  return {
    identity,
    members,
    port: server.port,
    address: addressOf(server.port),
    asked,
    joins,
    everything,
    logged: (event) =>
      everything()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ msg }) => msg === event),
    stop,
  }
}

/** The dialling side; it is stopped when the test ends. */
export function makeTestClient(
  identity: Identity,
  options: { members?: Members; limits?: Partial<LinkLimits> } = {},
): LinksClient {
  const { members = new Members(), limits = {} } = options
  const client = makeLinksClient({ identity, members, clock: systemClock, limits })
  onTestFinished(() => client.stop())
  return client
}

/** A node, and a client whose identity is among its members. */
export async function linkedPair(options: TestNodeOptions = {}): Promise<{
  node: TestNode
  own: Identity
  client: LinksClient
  readonly ask: (
    call?: Partial<LinkCall>,
    addresses?: readonly Multiaddress[],
  ) => Promise<LinkAnswer>
}> {
  const own = newIdentity()
  const node = await startTestNode({ members: new Members([own.peer]), ...options })
  const client = makeTestClient(own)
  return {
    node,
    own,
    client,
    ask: (call, addresses = [node.address]) =>
      ask(client, { peer: node.identity.peer, ...call }, addresses),
  }
}

/** One short question. */
export function ask(
  client: LinksClient,
  call: Partial<LinkCall> & { peer: PeerId },
  addresses: readonly Multiaddress[],
): Promise<LinkAnswer> {
  const usual = { method: 'GET', path: '/', timeoutMs: 10_000, answerBytesMax: 65_536 } as const
  return callLink(client.to(call.peer, addresses), { ...usual, ...call }, systemClock)
}

export function addressOf(port: number, host = '/ip4/127.0.0.1'): Multiaddress {
  return parseMultiaddress(`${host}/tcp/${port}`) as Multiaddress
}

/** A plain TCP server on a free port that is gone when the test ends. */
export async function startTcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as { port: number }).port
}
