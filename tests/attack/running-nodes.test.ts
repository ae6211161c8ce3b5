/** Attacks on the link ports of running nodes: each is a process of the product, started as a user starts it. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { joinPath } from '../../src/cluster/links/index.ts'
import { gossipPath } from '../../src/node/cluster/link-routes.ts'
import { statePaths } from '../../src/state/remote/protocol.ts'
import { forgedCertificate } from '../integration/links/forged-certificate.ts'
import { newIdentity } from '../integration/links/link-setup.ts'
import { credentialsOf } from '../integration/links/tls-client.ts'
import { startFakeOllama } from '../support/fake-ollama/start.ts'
import { connectRaw, headerOf, rawRequest } from '../support/raw-http.ts'
import { until } from '../support/until.ts'
import { attackAs, attackTcp, attackTls } from './link-ground.ts'
import {
  keyOf,
  type RunningNode,
  refusalsOf,
  startPair,
  startRunningNode,
  startWire,
  tokenOf,
  untilEngineSeen,
} from './running-ground.ts'

const generate = '/api/generate'
const question = { path: generate, body: '{"model":"tiny","prompt":"p","stream":false}' } as const
const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

/** A request over the link, answered by the engine of the other node. */
async function expectServed(entry: RunningNode, owner: RunningNode): Promise<void> {
  const got = await rawRequest(entry.process.gateway, question)
  expect([got.status, headerOf(got, 'x-od-node')]).toEqual([200, owner.peer])
}

test('a wire between two running nodes that is recorded holds no prompt, no answer, no name of a model, and no token', async () => {
  const model = 'a-model-with-a-name'
  const fake = await startFakeOllama({ models: [{ name: model }], answerTokens: 40 })
  onTestFinished(fake.stop)
  const owner = await startRunningNode({ engine: fake.url, name: 'owner' })
  const wire = await startWire(owner)
  const token = await tokenOf(owner)
  const entry = await startRunningNode({
    join: ['--peer', owner.address, '--token', token],
    name: 'entry',
    env: {
      NODE_OPTIONS: `--import ${new URL('led-astray.mjs', import.meta.url).href}`,
      OD_TEST_FROM: String(owner.linkPort),
      OD_TEST_TO: String(wire.port),
    },
  })
  await untilEngineSeen(entry)
  const joinBytes = wire.bytes().length
  expect(joinBytes).toBeGreaterThan(1_000)
  const prompt = 'nobody on the wire reads this. '.repeat(100)
  const body = JSON.stringify({ model, prompt, stream: false })
  const got = await rawRequest(entry.process.gateway, { path: generate, body })
  expect([got.status, headerOf(got, 'x-od-node')]).toEqual([200, owner.peer])
  const said = (JSON.parse(got.body.toString()) as { response: string }).response
  const recorded = wire.bytes()
  expect(recorded.length - joinBytes).toBeGreaterThan(prompt.length)
  const [, secret = ''] = token.split('.')
  for (const text of [prompt.slice(0, 20), said.slice(0, 20), model, token, secret, generate]) {
    expect(text.length).toBeGreaterThan(8)
    expect(recorded.includes(text), text).toBe(false)
  }
  console.log(
    `recorded ${joinBytes} bytes until it had joined, ${recorded.length - joinBytes} then`,
  )
})

test('L-10: 1,000 half-open connections to a running node: members are served, memory is bounded, all are cut', async () => {
  const { owner, entry } = await startPair()
  for (let i = 0; i < 20; i++) await expectServed(entry, owner)
  const beforeBytes = owner.rssBytes()
  const crowd = Array.from({ length: 1_000 }, () => {
    const attacker = attackTcp({ port: owner.linkPort })
    attacker.socket.on('connect', () => void attacker.socket.write('\u0016\u0003\u0001'))
    return attacker
  })
  const standing = () => crowd.filter(({ socket }) => !socket.closed).length
  await until('all but the bound are refused', () => standing() <= 256)
  expect(standing()).toBeGreaterThan(0)
  await expectServed(entry, owner)
  expect(standing()).toBeGreaterThan(0) // it was answered while they stood
  const addedBytes = owner.rssBytes() - beforeBytes
  await until('all are gone', () => standing() === 0)
  expect(addedBytes).toBeLessThan(100 * 1024 * 1024)
  expect(await refusalsOf(owner)).toMatchObject([{ reason: 'half-open' }])
  console.log(`1,000 half-open connections to a running node: ${mib(addedBytes)} more`)
})

test('L-05: a header of 10 GB to a running node, by a stranger and by a member, is cut at its beginning', async () => {
  const { owner, entry } = await startPair()
  for (let i = 0; i < 20; i++) await expectServed(entry, owner)
  const beforeBytes = owner.rssBytes()
  for (const identity of [newIdentity(), await keyOf(entry)]) {
    const sentBytes = await pourHeader(owner, identity)
    expect(sentBytes).toBeLessThan(32 * 1024 * 1024) // what two kernels hold
    console.log(`a header without end was cut after ${mib(sentBytes)} were given to the system`)
  }
  const addedBytes = owner.rssBytes() - beforeBytes
  expect(addedBytes).toBeLessThan(64 * 1024 * 1024)
  expect(await refusalsOf(owner)).toHaveLength(1)
  await expectServed(entry, owner)
  console.log(`two headers without end: ${mib(addedBytes)} more`)
})

async function pourHeader(
  { linkPort: port }: RunningNode,
  identity: ReturnType<typeof newIdentity>,
): Promise<number> {
  const { socket, ended } = attackAs({ port }, identity)
  const piece = Buffer.alloc(64 * 1024, 'a')
  let sentBytes = 0
  const more = () => {
    while (!socket.destroyed && sentBytes < 10e9) {
      sentBytes += piece.length
      if (!socket.write(piece)) return
    }
  }
  socket.on('drain', more)
  socket.write('GET /secret HTTP/1.1\r\nX: ')
  more()
  await ended()
  return sentBytes
}

const memberPaths = [
  gossipPath,
  '/link/v1/engines',
  '/link/v1/engines/local/api/generate',
  '/link/v1/engines/local/api/tags',
  ...Object.values(statePaths),
]

test('every route of a running node is closed to a stranger and to a forged name; 50 attempts are one line', async () => {
  const { owner, entry } = await startPair()
  const { privateKey } = generateKeyPairSync('ed25519')
  const forged = {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    cert: forgedCertificate(privateKey, entry.peer),
  }
  let attempts = 0
  for (const path of [...memberPaths, joinPath]) {
    for (const credentials of [credentialsOf(newIdentity()), forged]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        if (path === joinPath && method === 'POST') continue
        const { socket, ended } = attackTls({ port: owner.linkPort }, credentials)
        // A body that is announced and never sent: who waits for it has read something.
        const length = method === 'GET' ? '' : 'Content-Length: 9\r\n'
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: link\r\n${length}\r\n`)
        expect(await ended(), `${method} ${path}`).toMatch(/^HTTP\/1\.1 403 /)
        attempts++
      }
    }
  }
  expect(attempts).toBeGreaterThan(50)
  expect(await refusalsOf(owner)).toMatchObject([{ source: '127.0.0.1', reason: 'not-a-member' }])
  // The same by a member is no 403: what was closed is there.
  const { socket, ended } = attackAs({ port: owner.linkPort }, await keyOf(entry))
  socket.write('GET /link/v1/engines HTTP/1.1\r\nHost: link\r\nConnection: close\r\n\r\n')
  expect(await ended()).not.toMatch(/^HTTP\/1\.1 403 /)
  await expectServed(entry, owner)
  console.log(`${attempts} requests of strangers: one line in the log`)
})

test('A-80: a node that is removed while it relays loses its connections at once; what it asks then is refused, in one line', async () => {
  const { owner, entry, fake } = await startPair()
  const key = await keyOf(entry)
  const held = attackAs({ port: owner.linkPort }, key)
  await once(held.socket, 'secureConnect')
  await fake.set({ holdAfterTokens: 1 })
  const relayed = await connectRaw(entry.process.gateway)
  onTestFinished(() => relayed.destroy())
  await relayed.request({ path: generate, body: '{"model":"tiny","prompt":"p"}' })
  await until('the engine is at work', async () => (await fake.stats()).held === 1)
  const startedMs = performance.now()
  const path = `/api/v1/nodes/${entry.peer}`
  const answer = await rawRequest(owner.process.gateway, { method: 'DELETE', path })
  expect(answer.status).toBeLessThan(300)
  await until('its connections are cut', () => held.socket.closed)
  await until('the engine is told', async () => (await fake.stats()).held === 0)
  const cutMs = Math.round(performance.now() - startedMs)
  for (let i = 0; i < 10; i++) {
    const { socket, ended } = attackAs({ port: owner.linkPort }, key)
    socket.write('GET /link/v1/engines HTTP/1.1\r\nHost: link\r\n\r\n')
    expect(await ended()).toMatch(/^HTTP\/1\.1 403 /)
  }
  expect(await refusalsOf(owner)).toHaveLength(1)
  console.log(`removed while it relayed: all cut ${cutMs} ms after the command`)
  expect(cutMs).toBeLessThan(3_000)
})

test('L-19: the recorded join of a running node joins nothing when it is sent again, nor does its token', async () => {
  const owner = await startRunningNode({ name: 'owner' })
  const wire = await startWire(owner)
  const token = await tokenOf(owner)
  const peer = `/ip4/127.0.0.1/tcp/${wire.port}/p2p/${owner.peer}`
  await startRunningNode({ join: ['--peer', peer, '--token', token], name: 'entry' })
  const answered = () => owner.logged('join.answered').length
  await until('it is admitted', () => answered() === 1)
  const recorded = wire.sent()
  expect(recorded.some(({ length }) => length > 500)).toBe(true)
  for (const bytes of recorded) {
    expect(bytes.includes(token)).toBe(false)
    const replay = attackTcp({ port: owner.linkPort })
    replay.socket.write(bytes)
    await replay.ended()
  }
  expect(answered()).toBe(1)
  const again = startRunningNode({
    join: ['--peer', owner.address, '--token', token],
    name: 'late',
  })
  await expect(again).rejects.toThrow(/OD_JOIN_USED|was used|used/)
  const nodes = await owner.run(['nodes', 'list', '--json'])
  expect(nodes.match(/"name": ?"(owner|entry|late)"/g)).toHaveLength(2)
})
