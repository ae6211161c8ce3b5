/** What is done to the link port. The rows of the attack table that are about it, and those of its own (`L-…`). */
import { generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import { joinPath, type LinkLimits } from '../../src/cluster/links/index.ts'
import { forgedCertificate } from '../integration/links/forged-certificate.ts'
import { newIdentity } from '../integration/links/link-setup.ts'
import { credentialsOf } from '../integration/links/tls-client.ts'
import { until } from '../support/until.ts'
import { type Attacker, attackAs, attackTcp, attackTls, type LinkGround } from './link-ground.ts'

export interface LinkCase {
  readonly title: string
  readonly limits?: Partial<LinkLimits>
  /** Why, in the one line of the log. */
  readonly reason: string
  /** Throws unless it gets what it should. */
  readonly attack: (ground: LinkGround) => Promise<void>
  /** Ten unless given. */
  readonly times?: number
}

const stranger = newIdentity()
const secret = 'GET /secret HTTP/1.1\r\nHost: link\r\n\r\n'
const join = `POST ${joinPath} HTTP/1.1\r\nHost: link\r\n`

/** Sends and waits for the end. */
async function sendTo(attacker: Attacker, bytes: string | Uint8Array): Promise<string> {
  attacker.socket.write(bytes)
  return await attacker.ended()
}

/** Every way to ask for something that is not the join route. */
const strangersRequests = [
  '/',
  '/api/generate',
  '/api/tags',
  '/api/v1/nodes',
  '/link/v1/state',
  joinPath, // with another method than its own
  `${joinPath}/`,
  `${joinPath}?x`,
  joinPath.toUpperCase(),
  `/x/..${joinPath}`,
  `/${joinPath}`,
  `http://link${joinPath}`,
].flatMap((path) => [
  `GET ${path} HTTP/1.1\r\nHost: link\r\n\r\n`,
  `DELETE ${path} HTTP/1.1\r\nHost: link\r\n\r\n`,
  `GET ${path} HTTP/1.1\r\nHost: link\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ...(path === joinPath
    ? []
    : [`POST ${path} HTTP/1.1\r\nHost: link\r\nContent-Length: 2\r\n\r\n{}`]),
])

export const linkCases: readonly LinkCase[] = [
  {
    title: 'L-01: a stranger asks for every route in every way',
    reason: 'not-a-member',
    times: 2,
    async attack(ground) {
      for (const request of strangersRequests) {
        const answer = await sendTo(attackAs(ground, stranger), request)
        expect(answer, request).toMatch(/^HTTP\/1\.1 403 /)
        expect(answer).not.toContain('200')
      }
      const tunnel = 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'
      expect(await sendTo(attackAs(ground, stranger), tunnel)).toBe('')
    },
  },
  {
    title: 'A-80: a node that was removed, on the connection that it has and on a new one',
    reason: 'not-a-member',
    async attack(ground) {
      const removed = newIdentity()
      ground.members.replace([ground.member.peer, removed.peer])
      const attacker = attackAs(ground, removed)
      attacker.socket.write('GET /probe HTTP/1.1\r\nHost: link\r\n\r\n')
      await until('it is answered', () => attacker.came().includes('200 OK'))
      ground.members.replace([ground.member.peer])
      await attacker.ended()
      expect(await sendTo(attackAs(ground, removed), secret)).toMatch(/^HTTP\/1\.1 403 /)
    },
  },
  {
    title: "L-02: a certificate with a member's name and another key",
    reason: 'not-a-member',
    async attack(ground) {
      const { privateKey } = generateKeyPairSync('ed25519')
      const cert = forgedCertificate(privateKey, ground.member.peer)
      const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
      expect(await sendTo(attackTls(ground, { key, cert }), secret)).toMatch(/^HTTP\/1\.1 403 /)
    },
  },
  {
    title: 'L-03: no certificate',
    reason: 'no-certificate',
    attack: async (ground) => expect(await sendTo(attackTls(ground, {}), secret)).toBe(''),
  },
  {
    title: "L-04: a certificate of another kind of key, with a member's name",
    reason: 'no-certificate',
    async attack(ground) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const cert = forgedCertificate(privateKey, ground.member.peer)
      const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
      expect(await sendTo(attackTls(ground, { key, cert }), secret)).toBe('')
    },
  },
  {
    title: 'A-25: TLS 1.2',
    reason: 'handshake',
    async attack(ground) {
      const options = { ...credentialsOf(ground.member), maxVersion: 'TLSv1.2' } as const
      expect(await sendTo(attackTls(ground, options), secret)).toBe('')
    },
  },
  {
    title: 'A-25: a hello of 1 MB in fragments',
    reason: 'handshake',
    async attack(ground) {
      const attacker = attackTcp(ground)
      const fragment = Buffer.alloc(16_384, 'a')
      const record = Buffer.concat([Buffer.from('1603014000', 'hex'), fragment])
      Buffer.from('0110000003030000', 'hex').copy(record, 5) // ClientHello of 1,048,576 bytes
      for (let i = 0; i < 64 && !attacker.socket.destroyed; i++) attacker.socket.write(record)
      await attacker.ended()
    },
  },
  {
    title: 'A-25: a request without TLS',
    reason: 'handshake',
    attack: async (ground) => expect(await sendTo(attackTcp(ground), secret)).not.toContain('HTTP'),
  },
  {
    title: 'L-05: a header of 10 GB, or as much of it as is taken',
    reason: 'malformed',
    times: 4,
    async attack(ground) {
      for (const identity of [stranger, ground.member]) {
        const { socket, ended } = attackAs(ground, identity)
        const piece = Buffer.alloc(64 * 1024, 'a')
        let sentBytes = 0
        socket.write('GET /secret HTTP/1.1\r\nX: ')
        const more = () => {
          while (!socket.destroyed && sentBytes < 10e9) {
            sentBytes += piece.length
            if (!socket.write(piece)) return
          }
        }
        socket.on('drain', more)
        more()
        await ended()
        expect(sentBytes).toBeLessThan(32 * 1024 * 1024) // what two kernels hold
      }
    },
  },
  {
    title: 'L-06: 137 tiny headers',
    reason: 'headers',
    async attack(ground) {
      const fields = Array.from({ length: 136 }, (_, i) => `x${i}:1\r\n`).join('')
      for (const identity of [stranger, ground.member]) {
        const answer = await sendTo(
          attackAs(ground, identity),
          `${secret.slice(0, -2)}${fields}\r\n`,
        )
        expect(answer).toMatch(/^HTTP\/1\.1 431 /)
      }
    },
  },
  {
    title: 'L-07: a length and chunks',
    reason: 'malformed',
    async attack(ground) {
      const smuggled = `${join}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${secret}`
      for (const identity of [stranger, ground.member]) {
        expect(await sendTo(attackAs(ground, identity), smuggled)).toBe('')
      }
    },
  },
  {
    title: "L-08: a member's headers that never end",
    reason: 'slow',
    times: 2,
    attack: async (ground) =>
      expect(await sendTo(attackAs(ground, ground.member), 'GET /secret HTTP/1.1\r\nX: ')).toBe(''),
  },
  {
    title: 'L-09: handshakes that never end',
    reason: 'handshake',
    times: 2,
    async attack(ground) {
      const attackers = Array.from({ length: 20 }, () => attackTcp(ground))
      for (const { socket } of attackers.slice(10)) socket.write(Buffer.from('1603', 'hex'))
      for (const { ended } of attackers) await ended()
    },
  },
  {
    title: 'L-10: half-open connections by the hundred',
    // Their own time is long: it is their number that ends them.
    limits: { halfOpenPerSourceMax: 20, handshakeMs: 60_000 },
    reason: 'half-open',
    times: 3,
    async attack(ground) {
      await crowd(ground, 300, 20)
    },
  },
  {
    title: 'L-10: half-open connections by the hundred, as of many sources',
    limits: { halfOpenMax: 20, handshakeMs: 60_000 },
    reason: 'half-open',
    times: 3,
    async attack(ground) {
      await crowd(ground, 300, 20)
    },
  },
  {
    title: 'L-11: one source that is many strangers',
    limits: { strangersPerSourceMax: 5, strangerMs: 60_000 },
    reason: 'connections',
    attack: async (ground) => await strangers(ground, 5),
  },
  {
    title: 'L-11: many strangers, as of many sources',
    limits: { strangersMax: 5, strangerMs: 60_000 },
    reason: 'connections',
    attack: async (ground) => await strangers(ground, 5),
  },
  {
    title: 'L-12: strangers who say nothing',
    limits: { headersMs: 60_000 },
    reason: 'slow',
    times: 2,
    attack: async (ground) => expect(await attackAs(ground, stranger).ended()).toBe(''),
  },
  {
    title: 'L-12: a stranger whose body never ends',
    reason: 'slow',
    times: 2,
    attack: async (ground) =>
      expect(await sendTo(attackAs(ground, stranger), `${join}Content-Length: 100\r\n\r\n{`)).toBe(
        '',
      ),
  },
  {
    title: 'L-13: a wish to join that is too large',
    reason: 'join-body',
    async attack(ground) {
      const piece = `4000\r\n${'a'.repeat(0x4000)}\r\n`
      const body = `Transfer-Encoding: chunked\r\n\r\n${piece}${piece}`
      expect(await sendTo(attackAs(ground, stranger), join + body)).toMatch(/^(HTTP\/1\.1 413 |$)/)
    },
  },
  {
    title: 'L-14: wishes to join without end',
    limits: { joinsPerSourceAndMinute: 0.5 },
    reason: 'join-rate',
    attack: async (ground) => await joinTooOften(ground),
  },
  {
    title: 'L-14: wishes to join without end, as of many sources',
    limits: { joinsPerMinute: 0.5 },
    reason: 'join-rate',
    attack: async (ground) => await joinTooOften(ground),
  },
  {
    title: 'L-15: a member that opens more connections than one may have',
    limits: { connectionsPerMemberMax: 5 },
    reason: 'connections',
    attack: async (ground) => {
      const greedy = newIdentity()
      ground.members.replace([ground.member.peer, greedy.peer])
      const kept = await open(ground, greedy, 5)
      expect(await sendTo(attackAs(ground, greedy), secret)).toBe('')
      for (const { socket } of kept) socket.destroy()
    },
  },
  {
    title: 'L-15: members that open more connections than there may be',
    limits: { connectionsMax: 6 },
    reason: 'connections',
    attack: async (ground) => {
      const greedy = newIdentity()
      ground.members.replace([ground.member.peer, greedy.peer])
      const kept = await open(ground, greedy, 6)
      expect(await sendTo(attackAs(ground, greedy), secret)).toBe('')
      for (const { socket } of kept) socket.destroy()
    },
  },
]

/** Opens so many connections that go no further than TCP; all but `left` are closed, the youngest stay. */
async function crowd(ground: LinkGround, count: number, left: number): Promise<void> {
  const attackers: Attacker[] = []
  for (let i = 0; i < count; i++) attackers.push(attackTcp(ground))
  const open = () => attackers.filter(({ socket }) => !socket.closed).length
  await until('they make room', () => open() <= left)
  for (const { socket } of attackers) socket.destroy()
}

/** Connections with a handshake that is over; each is known to be open by the answer that it got. */
async function open(ground: LinkGround, identity: typeof stranger, count: number) {
  const attackers = Array.from({ length: count }, () => attackAs(ground, identity))
  for (const { socket, came } of attackers) {
    socket.write('GET /probe HTTP/1.1\r\nHost: link\r\n\r\n')
    await until('it is answered', () => came().includes('200 OK'))
  }
  return attackers
}

async function strangers(ground: LinkGround, room: number): Promise<void> {
  const attackers = Array.from({ length: 3 * room }, () => attackAs(ground, newIdentity()))
  await until('there is no room for more', () => {
    return attackers.filter(({ socket }) => socket.closed).length === 2 * room
  })
  for (const { socket } of attackers) socket.destroy()
}

async function joinTooOften(ground: LinkGround): Promise<void> {
  const answer = await sendTo(attackAs(ground, stranger), `${join}Content-Length: 2\r\n\r\n{}`)
  expect(answer).toMatch(/^HTTP\/1\.1 429 /)
}
