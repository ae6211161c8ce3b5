import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { expect } from 'vitest'
import type { Identity } from '../../src/cluster/identity/index.ts'
import { type LinkLimits, type LinksClient, Members } from '../../src/cluster/links/index.ts'
import {
  ask,
  makeTestClient,
  newIdentity,
  startTestNode,
  type TestNode,
} from '../integration/links/link-setup.ts'
import { credentialsOf } from '../integration/links/tls-client.ts'
import { until, within } from '../support/until.ts'
import { usedMemoryBytes } from '../support/used-memory.ts'
import { countHandles } from './withstand.ts'

/** Everything that takes time, at a size that a test can wait for; and so many joins that only their own case meets the rate. */
const smallLimits: Partial<LinkLimits> = {
  headersMs: 500,
  handshakeMs: 500,
  strangerMs: 800,
  joinsPerMinute: 100_000,
  joinsPerSourceAndMinute: 100_000,
}

/** A node's link port under attack, and the one member that it has. */
export interface LinkGround extends TestNode {
  readonly member: Identity
  /** The member's links. */
  readonly client: LinksClient
}

export async function startLinkGround(limits: Partial<LinkLimits> = {}): Promise<LinkGround> {
  const member = newIdentity()
  const node = await startTestNode({
    members: new Members([member.peer]),
    limits: { ...smallLimits, ...limits },
    answer({ request, response }) {
      request.resume()
      response.end('ok')
    },
  })
  return { ...node, member, client: makeTestClient(member) }
}

/** A connection of an attacker. */
export interface Attacker {
  readonly socket: Socket
  /** What came so far, as text. */
  readonly came: () => string
  /** Waits for the end and gives all that came. */
  readonly ended: () => Promise<string>
}

/** Bare TCP to the port. */
export function attackTcp({ port }: Pick<LinkGround, 'port'>): Attacker {
  return watch(connectTcp({ port, host: '127.0.0.1' }))
}

/** TLS with whatever certificate. */
export function attackTls(
  { port }: Pick<LinkGround, 'port'>,
  options: ConnectionOptions,
): Attacker {
  return watch(connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }))
}

/** TLS with the certificate of a node. */
export function attackAs(ground: Pick<LinkGround, 'port'>, identity: Identity): Attacker {
  return attackTls(ground, credentialsOf(identity))
}

function watch(socket: Socket): Attacker {
  let text = ''
  let isOver = false
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {}) // the end is what is looked at
  socket.on('close', () => {
    isOver = true
  })
  return {
    socket,
    came: () => text,
    async ended() {
      await until('the connection is ended', () => isOver)
      return text
    },
  }
}

/** What may have been added to the memory of one attack after all of them. */
const memoryShareMax = 0.1

/**
 * Attacks ten times and throws unless after the first time and after the last all of this holds: a member is answered, no
 * handler heard of the attack, no socket is left, the log has one line about it, with its reason and nothing but
 * printable ASCII, nothing was thrown, and the memory of the first time is enough for all.
 */
export async function withstandOnLink(
  ground: LinkGround,
  reason: string,
  attack: () => Promise<void>,
  times = 10,
): Promise<void> {
  await probeLink(ground)
  const handles = countHandles()
  const heard = ground.joins.length
  const thrown: unknown[] = []
  const keep = (error: unknown) => void thrown.push(error)
  process.on('uncaughtExceptionMonitor', keep)
  try {
    let firstBytes = 0
    for (let i = 0; i < times; i++) {
      await attack()
      if (i !== 0 && i !== times - 1) continue
      await probeLink(ground)
      await until('no socket is left', () => countHandles() <= handles)
      await until('it is logged', () => ground.logged('link.refused').length > 0)
      if (i === 0) firstBytes = usedMemoryBytes()
    }
    expect(ground.asked.filter(({ request }) => request.url !== '/probe')).toEqual([])
    expect(ground.joins.length).toBe(heard)
    const lines = ground.everything().split('\n').slice(0, -1)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'link.refused', source: '127.0.0.1', reason },
    ])
    expect(ground.everything()).toMatch(/^[ -~\n]*$/)
    const share = usedMemoryBytes() / firstBytes - 1
    expect(share, 'share of memory that is not back').toBeLessThan(memoryShareMax)
    expect(thrown).toEqual([])
  } finally {
    process.off('uncaughtExceptionMonitor', keep)
  }
}

/** A member dials, asks, and is answered soon, however busy this machine is with other tests. */
export async function probeLink({ client, identity, address }: LinkGround): Promise<void> {
  const question = { peer: identity.peer, path: '/probe' }
  try {
    const { status } = await within('an answer', ask(client, question, [address]), 5_000)
    expect(status).toBe(200)
  } finally {
    client.drop(identity.peer)
  }
}
