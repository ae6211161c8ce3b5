/** Who is let in, and to whom something is sent: by keys alone. */
import { generateKeyPairSync } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { identityOf } from '../../../src/cluster/identity/index.ts'
import { Members } from '../../../src/cluster/links/index.ts'
import { until } from '../../support/until.ts'
import { forgedCertificate } from './forged-certificate.ts'
import { ask, linkedPair, makeTestClient, newIdentity, startTestNode } from './link-setup.ts'
import { connectTls, credentialsOf } from './tls-client.ts'

const request = 'GET /secret HTTP/1.1\r\nHost: link\r\n\r\n'

test('two members that expect each other are linked, and know who asks', async () => {
  const { node, own, ask: question } = await linkedPair()
  expect((await question()).body.toString()).toBe('ok')
  expect(node.asked.map(({ peer }) => peer)).toEqual([own.peer])
})

test('S-008 (part: a node that is no member gets nothing): a stranger reaches no handler', async () => {
  const node = await startTestNode()
  const stranger = makeTestClient(newIdentity())
  const { status } = await ask(stranger, { peer: node.identity.peer, path: '/secret' }, [
    node.address,
  ])
  expect([status, node.asked.length]).toEqual([403, 0])
})

test('nothing is sent to a node that is not the expected one', async () => {
  const { node, client } = await linkedPair()
  const expected = newIdentity().peer
  const error = await ask(client, { peer: expected }, [node.address]).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'OD_LINK_WRONG_ID' })
  expect(error.message).toContain(node.identity.peer)
  expect(node.asked).toHaveLength(0)
})

describe('what a dialling side shows instead of its own certificate', () => {
  const member = newIdentity()
  const intruder = generateKeyPairSync('ed25519').privateKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pem = (key: typeof intruder) => key.export({ format: 'pem', type: 'pkcs8' })

  test("a member's certificate without its key cannot even be loaded", () => {
    const options = { key: pem(intruder), cert: member.certificate }
    expect(() => createSecureContext(options)).toThrow(/mismatch/)
  })

  test.each([
    ['none', {}],
    ["another curve's, with a member's name", curve],
  ])('%s: closed before HTTP', async (_, key) => {
    const node = await startTestNode({ members: new Members([member.peer]) })
    const shown =
      'asymmetricKeyType' in key ? { key: pem(key), cert: forgedCertificate(key, member.peer) } : {}
    const { socket, closed } = connectTls(node.port, shown)
    socket.write(request)
    expect(await closed()).toBe('')
    expect(node.asked).toHaveLength(0)
    await until('it is logged', () => node.logged('link.refused').length === 1)
  })

  test("a certificate with a member's name and another key is a stranger's", async () => {
    const node = await startTestNode({ members: new Members([member.peer]) })
    const cert = forgedCertificate(intruder, member.peer)
    const { socket, closed } = connectTls(node.port, { key: pem(intruder), cert })
    socket.write(request)
    expect(await closed()).toMatch(/^HTTP\/1.1 403 /)
    expect(node.asked).toHaveLength(0)
    const { peer } = identityOf(intruder)
    const line = await until('it is logged', () => node.logged('link.refused')[0])
    expect(line).toMatchObject({ reason: 'not-a-member', peer })
  })

  test.each([
    ['long over', ['70', '71']],
    ['far ahead', ['48', '49']],
  ] as const)(
    "a member's certificate whose time is %s is as good: clocks are not asked",
    async (_, years) => {
      const node = await startTestNode({ members: new Members([member.peer]) })
      const cert = forgedCertificate(member.privateKey, 'anyone', years)
      const { socket, came } = connectTls(node.port, { key: pem(member.privateKey), cert })
      socket.write(request)
      await until('an answer', () => came().startsWith('HTTP/1.1 200 '))
      expect(node.asked.map(({ peer }) => peer)).toEqual([member.peer])
    },
  )
})

test('older versions of TLS are not spoken', async () => {
  const { node, own } = await linkedPair()
  const { socket, closed } = connectTls(node.port, { ...credentialsOf(own), maxVersion: 'TLSv1.2' })
  socket.write(request)
  expect(await closed()).toBe('')
  expect(node.asked).toHaveLength(0)
})

test('no connection is resumed: each shows anew who is there', async () => {
  const { node, own } = await linkedPair()
  const first = connectTls(node.port, credentialsOf(own))
  let session: Buffer | undefined
  first.socket.on('session', (given) => {
    session = given
  })
  first.socket.write(request)
  await until('an answer', () => first.came() !== '')
  const second = connectTls(node.port, { ...credentialsOf(own), ...(session && { session }) })
  second.socket.write(request)
  await until('an answer', () => second.came() !== '')
  expect(second.socket.isSessionReused()).toBe(false)
  expect(node.asked).toHaveLength(2)
})

describe('the members change while links are up', () => {
  test('A-80: who is taken out loses its connections at once, on both sides, and gets no new one', async () => {
    const own = newIdentity()
    const members = new Members([own.peer])
    const node = await startTestNode({
      members,
      answer: ({ response }) => void response.write('begun'), // an answer that does not end
    })
    const known = new Members([node.identity.peer])
    const client = makeTestClient(own, { members: known })
    const question = { peer: node.identity.peer }
    const running = ask(client, question, [node.address]).catch((thrown) => thrown)
    await until('it is asked', () => node.asked.length === 1)
    members.replace([])
    expect(await running).toMatchObject({ code: 'OD_LINK_OUTCOME_UNKNOWN' })
    expect((await ask(client, question, [node.address])).status).toBe(403)

    members.replace([own.peer])
    const again = ask(client, question, [node.address]).catch((thrown) => thrown)
    await until('it is asked again', () => node.asked.length === 2)
    known.replace([])
    expect(await again).toMatchObject({ code: 'OD_LINK_OUTCOME_UNKNOWN' })
    await until('the server sees it gone', () => node.asked[1]?.request.socket.destroyed === true)
  })

  test('who is let in is served without a new start', async () => {
    const { node, own, ask: question } = await linkedPair({ members: new Members() })
    expect((await question()).status).toBe(403)
    node.members.replace([own.peer])
    expect((await question()).status).toBe(200)
  })
})
