/** Attacks on the join route of a node's share in a cluster: its real listener, store and log. */
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Identity, PeerId } from '../../src/cluster/identity/index.ts'
import { joinPath } from '../../src/cluster/links/index.ts'
import { parseToken, proofOf } from '../../src/cluster/membership/index.ts'
import { openLog } from '../../src/sys/log.ts'
import { newIdentity } from '../integration/links/link-setup.ts'
import { connectTls, credentialsOf } from '../integration/links/tls-client.ts'
import { startClusterNode } from '../support/cluster-node.ts'
import { makeTemporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'

const hour = 3_600_000

const portIn = (address: string) => Number(/\/tcp\/(\d+)\//.exec(address)?.[1])

async function startGround() {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const file = directory.inside('node.log')
  const events: object[] = []
  const node = await startClusterNode({
    log: openLog({ level: 'info', file }),
    onEvent: (type, data) => events.push({ type, data }),
  })
  onTestFinished(() => node.remove())
  const port = portIn(node.address)
  const { text: token } = await node.actions.createToken({ uses: 1, ttlMs: hour })
  const member = /12D3\w+$/.exec(node.address)?.[0] as PeerId
  return { node, port, token, member, events, log: () => readFileSync(file, 'utf8') }
}

/** Asks as this node in its own connection and gives all that came. */
async function send(port: number, identity: Identity, head: string, body = ''): Promise<string> {
  const { socket, closed } = connectTls(port, credentialsOf(identity))
  socket.write(`${head}\r\nHost: link\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  return await closed()
}

const ask = (port: number, identity: Identity, body: string) =>
  send(port, identity, `POST ${joinPath} HTTP/1.1\r\nConnection: close`, body)

const wish = (changes: object = {}) => ({
  protocol: 1,
  version: '0.1.0',
  name: 'desk',
  addresses: [],
  role: 'full',
  labels: {},
  nowMs: Date.now(),
  ...changes,
})

/** A wish of this newcomer that shows the token to this member. */
function showing(token: string, newcomer: Identity, member: PeerId): string {
  const { id, hash } = parseToken(token) ?? { id: '', hash: '' }
  const proof = proofOf(hash, 'asks', { newcomer: newcomer.peer, member })
  return JSON.stringify(wish({ token: { id, proof } }))
}

const oddWishes: readonly (readonly [what: string, body: string])[] = [
  ['nothing', ''],
  ['half a text', '{"protocol":1'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a list that is 8,000 deep', `${'['.repeat(8_000)}${']'.repeat(8_000)}`],
  ['bytes that are no UTF-8', '\udc00'],
  ['a name that is no text', JSON.stringify(wish({ name: 7 }))],
  ['an empty name', JSON.stringify(wish({ name: '' }))],
  ['a name that is too long', JSON.stringify(wish({ name: 'x'.repeat(129) }))],
  ['a name that clears the screen', JSON.stringify(wish({ name: '\u001b[2Jdesk' }))],
  ['a name that is written backwards', JSON.stringify(wish({ name: 'a\u202eb' }))],
  ['a name of two lines', JSON.stringify(wish({ name: 'a\nb' }))],
  ['17 addresses', JSON.stringify(wish({ addresses: Array(17).fill('/ip4/1.1.1.1/tcp/1') }))],
  ['an address that is too long', JSON.stringify(wish({ addresses: ['x'.repeat(401)] }))],
  ['a role that there is not', JSON.stringify(wish({ role: 'king' }))],
  ['labels that are a list', JSON.stringify(wish({ labels: ['a'] }))],
  ['a label that is a number', JSON.stringify(wish({ labels: { a: 1 } }))],
  ['a label that is too long', JSON.stringify(wish({ labels: { a: 'x'.repeat(64) } }))],
  ['a label with a blank in its name', JSON.stringify(wish({ labels: { 'a b': '' } }))],
  [
    '33 labels',
    JSON.stringify(
      wish({ labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ''])) }),
    ),
  ],
  ['a clock that is a text', JSON.stringify(wish({ nowMs: 'now' }))],
  ['a token as it is copied', JSON.stringify(wish({ token: '00000000.0' }))],
  [
    'a proof that is too long',
    JSON.stringify(wish({ token: { id: '00000000', proof: '0'.repeat(65) } })),
  ],
]

test.each(oddWishes)(
  'L-17: a wish to join with %s is refused and written down nowhere',
  async (...[, body]) => {
    const { node, port, log } = await startGround()
    const answer = await ask(port, newIdentity(), body)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('OD_JOIN_REQUEST')
    expect(node.actions.nodes()).toHaveLength(1)
    await until('it is logged', () => log().includes('join.refused'))
    expect(log()).toMatch(/^[ -~\n]*$/)
  },
)

test('L-18: a token that was used admits nobody else, and is in no line and no event', async () => {
  const { node, port, token, member, log, events } = await startGround()
  const [first, second, thief] = [newIdentity(), newIdentity(), newIdentity()]
  const body = showing(token, first, member)
  expect(await ask(port, thief, body)).toContain('OD_JOIN_TOKEN') // what one has shown is no other's
  expect(await ask(port, first, body)).toMatch(/^HTTP\/1\.1 200 /)
  const used = await ask(port, second, showing(token, second, member))
  expect(used).toContain('OD_JOIN_USED')
  expect(node.actions.nodes()).toHaveLength(2)
  await until('it is logged', () => log().includes('OD_JOIN_USED'))
  const secret = token.split('.')[1] ?? ''
  expect(secret).toHaveLength(32)
  expect(log() + JSON.stringify(events) + used).not.toContain(secret)
})

test('L-19: the bytes of a join, sent again, join nothing', async () => {
  const { node, port, token, member, log } = await startGround()
  const sent: Buffer[] = []
  const recorder = createServer((near) => {
    const far: Socket = connect({ port, host: '127.0.0.1' })
    near.on('data', (chunk: Buffer) => sent.push(chunk))
    for (const socket of [near, far]) socket.on('error', () => {}) // its end ends the other
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void recorder.close())
  const place = recorder.address()
  if (place === null || typeof place === 'string') throw new Error('no port')
  const newcomer = newIdentity()
  expect(await ask(place.port, newcomer, showing(token, newcomer, member))).toContain(
    '"outcome":"admitted"',
  )
  const recorded = Buffer.concat(sent)
  expect(recorded.length).toBeGreaterThan(500)
  expect(recorded.includes(token)).toBe(false)
  expect(node.actions.nodes()).toHaveLength(2)
  const answered = log().split('join.answered').length
  const replay = connect({ port, host: '127.0.0.1' })
  replay.on('error', () => {})
  replay.resume().write(recorded)
  await until('it is cut', () => replay.closed)
  expect(log().split('join.answered')).toHaveLength(answered)
  expect(node.actions.nodes()).toHaveLength(2)
})

const memberRoutes = ['/link/v1/gossip', '/link/v1/engines/local/api/tags', '/state/v1/get', '/']

test.each(memberRoutes)(
  'L-20: %s is closed to a stranger and to a node that was removed',
  async (path) => {
    const { node, port, token, member: old } = await startGround()
    const member = newIdentity()
    const get = (identity: Identity) =>
      send(port, identity, `GET ${path} HTTP/1.1\r\nConnection: close`)
    await ask(port, member, showing(token, member, old))
    expect(await get(member)).not.toMatch(/^HTTP\/1\.1 403 /) // what is refused below is open now
    await node.actions.remove(member.peer)
    for (const one of [newIdentity(), member]) expect(await get(one)).toMatch(/^HTTP\/1\.1 403 /)
  },
)

test('a newcomer that hears it is admitted is a member for the one that says so', async () => {
  const { node } = await startGround()
  const far = await startClusterNode({ name: 'far' }) // which sees the cluster's state over a link
  onTestFinished(() => far.remove())
  const { text: token } = await node.actions.createToken({ uses: 9, ttlMs: hour })
  await far.actions.join([node.address], token)
  const port = portIn(far.address)
  for (let i = 0; i < 8; i++) {
    const newcomer = newIdentity()
    const body = showing(token, newcomer, far.cluster.self.peer)
    expect(await ask(port, newcomer, body)).toContain('"outcome":"admitted"')
    expect(far.cluster.members().map(({ peer }) => peer)).toContain(newcomer.peer)
  }
})

test('L-21: a flood of wishes from one address is refused from the 21st on', async () => {
  const { node, port, log } = await startGround()
  const identity = newIdentity()
  for (let i = 0; i < 20; i++) expect(await ask(port, identity, '{}')).toContain('OD_JOIN_REQUEST')
  const later: string[] = []
  for (let i = 0; i < 20; i++) later.push((await ask(port, identity, '{}')).slice(9, 12))
  // A wish in three seconds is heard all the same.
  expect(later.filter((status) => status === '429').length).toBeGreaterThan(15)
  expect(node.actions.nodes()).toHaveLength(1)
  await until('it is logged', () => log().includes('link.refused'))
  expect(log().split('"link.refused"')).toHaveLength(2)
})
