/** Several addresses, and errors that say what is wrong. */
import { createServer as createHttpServer } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { formatMultiaddress, type Multiaddress } from '../../../src/cluster/identity/index.ts'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { until } from '../../support/until.ts'
import {
  addressOf,
  ask,
  linkedPair,
  makeTestClient,
  newIdentity,
  startTcp,
  startTestNode,
} from './link-setup.ts'

const freePort = () => chooseFreePort('127.0.0.1')
/** Takes connections and says nothing. */
const startMute = () => startTcp(() => {})

describe('a peer with several addresses is found at the one where it is', () => {
  test.each([
    ['nothing listens', freePort],
    ['nobody answers', startMute],
    ['another node listens', async () => (await startTestNode()).port],
    ['something else listens', () => startTcp((socket) => void socket.end('SSH-2.0-OpenSSH\r\n'))],
  ])('where at the first %s', async (_, other) => {
    const { node, ask: question } = await linkedPair()
    const addresses = [addressOf(await other()), node.address]
    expect((await question({}, addresses)).status).toBe(200)
    expect(node.asked).toHaveLength(1)
  })

  test('as a name', async () => {
    const { node, ask: question } = await linkedPair()
    const names = ['/dns/name.invalid', '/dns4/localhost'].map((host) => addressOf(node.port, host))
    expect((await question({}, names)).status).toBe(200)
  })

  test('at new addresses when the old ones are out of date', async () => {
    const { node, ask: question } = await linkedPair()
    const gone = addressOf(await freePort())
    await expect(question({}, [gone])).rejects.toMatchObject({ code: 'OD_LINK_PORT_CLOSED' })
    expect((await question({}, [gone, node.address])).status).toBe(200)
  })
})

describe('an error says what is wrong, and that nothing was sent', () => {
  const peer = newIdentity().peer
  const limits = { connectMs: 1_000 }
  const failureAt = (addresses: Multiaddress[], timeoutMs = 10_000) =>
    ask(makeTestClient(newIdentity(), { limits }), { peer, timeoutMs }, addresses).catch(
      (thrown) => thrown,
    )

  test.each([
    ['OD_LINK_PORT_CLOSED', 'nothing listens', freePort],
    ['OD_LINK_CONNECT_TIMEOUT', 'nobody answers', startMute],
    ['OD_LINK_WRONG_ID', 'another node listens', async () => (await startTestNode()).port],
    ['OD_LINK_NOT_A_NODE', 'a web server listens', startWebServer],
  ])('%s: %s', async (code, _, start) => {
    const address = addressOf(await start())
    const error = await failureAt([address])
    expect(error).toMatchObject({ code })
    expect(error.message).toContain(formatMultiaddress(address))
  })

  test('OD_LINK_NAME_UNKNOWN: a name that nobody has', async () => {
    const error = await failureAt([addressOf(4001, '/dns/name.invalid')])
    expect(error).toMatchObject({ code: 'OD_LINK_NAME_UNKNOWN' })
  })

  test('OD_LINK_NO_ADDRESS: none', async () => {
    expect(await failureAt([])).toMatchObject({ code: 'OD_LINK_NO_ADDRESS' })
  })

  test('of several, the one that tells most', async () => {
    const [closed, other] = [await freePort(), (await startTestNode()).port]
    const error = await failureAt([addressOf(closed), addressOf(other)])
    expect(error).toMatchObject({ code: 'OD_LINK_WRONG_ID' })
  })

  test('who gives up before the link is there has sent nothing', async () => {
    const error = await failureAt([addressOf(await startMute())], 100)
    expect(error).toMatchObject({ code: 'OD_LINK_CONNECT_TIMEOUT' })
  })
})

describe('a question that was sent and not answered', () => {
  test.each([
    ['too late', { timeoutMs: 300 }, () => {}],
    ['broken off', {}, (response: { destroy(): void }) => response.destroy()],
    [
      'too large',
      { answerBytesMax: 10 },
      (response: { end(text: string): void }) => response.end('x'.repeat(100)),
    ],
  ])('%s: its outcome is unknown', async (_, call, reply) => {
    const { node, ask: question } = await linkedPair({ answer: ({ response }) => reply(response) })
    await expect(question({ method: 'POST', body: '{}', ...call })).rejects.toMatchObject({
      code: 'OD_LINK_OUTCOME_UNKNOWN',
    })
    await until('nothing of it is left', () => node.asked[0]?.request.socket.destroyed === true)
  })
})

test('a link that is cut while a question waits for it has sent nothing', async () => {
  const client = makeTestClient(newIdentity())
  const { peer } = newIdentity()
  const port = await startMute()
  const error = ask(client, { peer }, [addressOf(port)]).catch((thrown) => thrown)
  client.drop(peer)
  expect(await error).toMatchObject({ code: 'OD_LINK_UNREACHABLE' })
})

test('a port that is taken is named', async () => {
  const { port } = await startTestNode()
  await expect(startTestNode({ port })).rejects.toMatchObject({ code: 'OD_LINK_LISTEN' })
})

async function startWebServer(): Promise<number> {
  const server = createHttpServer((_, response) => void response.end('hello'))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}
