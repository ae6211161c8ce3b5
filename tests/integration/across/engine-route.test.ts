/** What a member can reach of another node's engines over a link, and what it cannot. */
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Link } from '../../../src/cluster/links/index.ts'
import {
  type EngineRoute,
  type GatewayLimits,
  gatewayLimits,
  makeEngineRoute,
  Spool,
} from '../../../src/gateway/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { seededRandom } from '../../../src/sys/random.ts'
import { FixedEngines } from '../../support/fixed-engines.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { answerJson, beginStream, deadUrl, type Turn } from '../gateway/scripted-upstream.ts'
import { startEngine } from '../gateway/setup.ts'
import { linkedPair } from '../links/link-setup.ts'

const node = 'owner'
const path = '/link/v1/engines/local/api/generate'
const note = {
  'x-od-request-id': 'r1',
  'x-od-entry': 'now',
  'x-od-key': '10.0.0.1',
  'x-od-model': 'registry.ollama.ai/library/tiny:latest',
}

interface Heard {
  status: number
  headers: Record<string, unknown>
  body: string
  /** `open` until the answer has ended, well or broken. */
  end: 'open' | 'whole' | 'broken'
}

/** Sends a request over a real link to the route of a node, and hears what comes back. */
async function setUp(
  script: (turn: Turn) => void | Promise<void>,
  {
    slots = 1,
    url = '',
    limits = {},
    acceptsCloud = false,
  }: {
    slots?: number
    url?: string
    limits?: Partial<GatewayLimits>
    acceptsCloud?: boolean
  } = {},
) {
  const engine = await startEngine(script)
  const loaded = [{ name: 'tiny:latest', digest: 'd', expires_at: '' }]
  const engines = new FixedEngines([{ id: 'local', url: url || engine.url, loaded }], { slots })
  const directory = await makeTemporaryDirectory()
  const spool = new Spool({
    folder: directory.inside('spool'),
    log: silentLog,
    random: seededRandom(1),
    limits,
  })
  const route: EngineRoute = makeEngineRoute({
    node,
    engines,
    gpuLayers: -1,
    acceptsCloud,
    spool,
    log: silentLog,
    clock: systemClock,
  })
  onTestFinished(async () => {
    await route.stop()
    await directory.remove()
  })
  const pair = await linkedPair({
    answer: ({ peer, request, response }) => route.answer(peer, request, response),
  })
  const link = pair.client.to(pair.node.identity.peer, [pair.node.address])
  return { engine, engines, spool, send: (more: Sending = {}) => send(link, more) }
}

interface Sending {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'HEAD'
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | Readable
}

function send(link: Link, more: Sending) {
  const heard: Heard = { status: 0, headers: {}, body: '', end: 'open' }
  let controller: Dispatcher.DispatchController | undefined
  link.dispatch(
    { method: 'POST', path, body: '{"model":"tiny"}', ...more, headers: more.headers ?? note },
    {
      onRequestStart(started) {
        controller = started
      },
      onResponseStart(_, status, headers) {
        Object.assign(heard, { status, headers })
      },
      onResponseData(_, chunk) {
        heard.body += chunk.toString()
      },
      onResponseEnd() {
        heard.end = 'whole'
      },
      onResponseError() {
        heard.end = 'broken'
      },
    },
  )
  return {
    heard,
    leave: () => controller?.abort(new Error('left')),
    pause: () => controller?.pause(),
    resume: () => controller?.resume(),
    ended: () => until('the end of the answer', () => heard.end !== 'open' && heard),
  }
}

const engineAt = '/link/v1/engines/local'
const beside = { ...note, 'x-od-entry': 'beside' }
const digest = `sha256:${'a'.repeat(64)}`

describe('nothing but what a gateway sends', () => {
  test.each<[number, Sending]>([
    [404, { path: `${engineAt}/api/tags`, method: 'GET' }],
    [404, { path: `${engineAt}/api/me` }],
    [404, { path: `${engineAt}/api/generate/../pull` }],
    [404, { path: `${engineAt}/api/%67enerate` }],
    [404, { path: `${engineAt}/api/blobs/sha256:1` }],
    [404, { path: `${engineAt}/api/blobs/../../etc/passwd` }],
    [404, { path: `${engineAt}/api/blobs/${digest}/..` }],
    [404, { path: '/link/v1/engines/local@third/api/generate' }],
    [404, { path: '/link/v1/engines/..%2Flocal/api/generate' }],
    [404, { path: '/link/v1/engines/local' }],
    [405, { method: 'GET', body: '' }],
    [405, { path: `${engineAt}/api/delete` }],
    [405, { path: `${engineAt}/api/blobs/${digest}`, method: 'DELETE' }],
    [400, { headers: {} }],
    [400, { headers: { ...note, 'x-od-entry': 'first' } }],
    [400, { headers: { ...note, 'x-od-model': '../../etc' } }],
    [400, { path: `${engineAt}/api/create`, body: '{"model":"m","info":{"model_family":1}}' }],
    [400, { path: `${engineAt}/api/create`, body: '{"model":"m","files":{"a":"../x"}}' }],
    [400, { path: `${engineAt}/api/copy`, body: '['.repeat(200) }],
    [400, { body: '{"model":"tiny","context":[-1]}' }],
    [400, { path: `${engineAt}/v1/chat/completions`, body: '['.repeat(200) }],
  ])('%i for %o, and the engine sees nothing', async (status, sending) => {
    const { engine, send: ask } = await setUp(({ response }) => answerJson(response, 200, '{}'))
    const heard = await ask(sending).ended()
    expect(heard.status).toBe(status)
    expect(heard.headers['x-od-node']).toBeUndefined()
    expect(engine.received).toEqual([])
  })

  const stub = '{"model":"m","from":"x","Remote_h\\u006fst":"https://ollama.com"}'

  test.each<[string, Sending]>([
    ['a model of the cloud', { body: '{"model":"gpt-oss:120b-cloud"}' }],
    ['its name in escapes', { body: '{"m\\u006fdel":"big:\\u0063loud"}' }],
    ['a look at one', { path: `${engineAt}/api/show`, body: '{"model":"big:cloud"}' }],
    ['a pull of one', { path: `${engineAt}/api/pull`, body: '{"name":"big:cloud"}' }],
    ['a stub for one', { path: `${engineAt}/api/create`, body: stub }],
  ])(
    'S-050 (part: over a link): %s is what the owner of the engine decides',
    async (_, sending) => {
      const script = ({ response }: Turn) => answerJson(response, 200, '{}')
      const refusing = await setUp(script)
      const heard = await refusing.send(sending).ended()
      expect([heard.status, heard.body]).toEqual([
        403,
        expect.stringContaining('cloud is disabled'),
      ])
      expect(heard.headers['x-od-node']).toBeUndefined()
      expect(refusing.engine.received).toEqual([])
      const allowing = await setUp(script, { acceptsCloud: true })
      expect(await allowing.send(sending).ended()).toMatchObject({ status: 200 })
      expect(allowing.engine.received).toHaveLength(1)
    },
  )

  test('a body for which this node has no room now is refused as if its engine were full', async () => {
    const limits = { spooledBodiesBytesMax: 2 * 1024 * 1024 }
    const script = ({ response }: Turn) => answerJson(response, 200, '{}')
    const { engine, spool, send: ask } = await setUp(script, { limits })
    const long = `{"model":"tiny","prompt":"${'x'.repeat(3 * 1024 * 1024)}"}`
    const heard = await ask({ body: long }).ended()
    expect([heard.status, heard.headers['x-od-refused'], heard.end]).toEqual([503, 'full', 'whole'])
    expect(engine.received).toEqual([])
    const shorter = long.replace('x'.repeat(1024 * 1024 * 1.5), '')
    expect(await ask({ body: shorter }).ended()).toMatchObject({ status: 200, end: 'whole' })
    expect(engine.received.map(({ body }) => body.toString() === shorter)).toEqual([true])
    await until('the disk to be free', () => spool.onDisk.usedBytes === 0)
  })

  test('a body beyond the limit ends the connection', async () => {
    const { engine, send: ask } = await setUp(({ response }) => answerJson(response, 200, '{}'))
    const body = new Uint8Array(gatewayLimits.clientBodyBytesMax + 1)
    expect((await ask({ body }).ended()).end).toBe('broken')
    expect(engine.received).toEqual([])
  })
})

describe('a change, or a file', () => {
  test.each<[Sending, string]>([
    [{ path: `${engineAt}/api/copy`, body: '{"source":"a"}' }, 'POST /api/copy'],
    [{ path: `${engineAt}/api/delete`, body: '{}', method: 'DELETE' }, 'DELETE /api/delete'],
    [{ path: `${engineAt}/api/pull`, body: '{ "name" : "a" } x' }, 'POST /api/pull'],
    [{ path: `${engineAt}/api/push`, body: '{}' }, 'POST /api/push'],
    [{ path: `${engineAt}/api/create`, body: '{}' }, 'POST /api/create'],
    [{ path: `${engineAt}/api/blobs/${digest}`, body: 'a file' }, `POST /api/blobs/${digest}`],
    [{ path: `${engineAt}/api/blobs/${digest}`, method: 'HEAD' }, `HEAD /api/blobs/${digest}`],
  ])('%o reaches the engine with its bytes', async (sending, what) => {
    const { engine, send: ask } = await setUp(({ response }) => answerJson(response, 200, '{}'))
    const body = sending.method === 'HEAD' ? '' : sending.body
    const heard = await ask({ ...sending, body: body ?? '', headers: beside }).ended()
    expect([heard.status, heard.headers['x-od-node']]).toEqual([200, node])
    const [got] = engine.received
    expect([`${got?.method} ${got?.path}`, got?.body.toString()]).toEqual([what, body])
  })

  test('is not over before the lists of the owner have it', async () => {
    const { engines, send: ask } = await setUp(({ response }) => answerJson(response, 200, '{}'))
    await ask({ path: `${engineAt}/api/pull`, headers: beside }).ended()
    expect(engines.refreshes).toEqual([0])
    await ask({ headers: beside }).ended()
    expect(engines.refreshes).toEqual([0])
  })

  test('that its sender breaks off is no fault of the engine', async () => {
    const { engines, send: ask } = await setUp(() => {})
    const body = new Readable({ read() {} })
    body.push('the start')
    body.on('error', () => {})
    const asking = ask({ path: `${engineAt}/api/blobs/${digest}`, headers: beside, body })
    await until('it to be in the engine', () => engines.list()[0]?.activeRequests === 1)
    asking.leave()
    await until('its end', () => engines.outcomes.length === 1)
    expect(engines.outcomes).toEqual([{ engine: 'local', outcome: 'answered' }])
  })
})

describe('the answer of the owner', () => {
  test('has the bytes of the engine, and says whose it is; what the engine says of itself stays here', async () => {
    const { engine, send: ask } = await setUp(({ response }) => {
      response.setHeader('x-od-refused', 'full')
      response.setHeader('server', 'secret')
      answerJson(response, 200, '{"ok" : 1}')
    })
    const { status, headers, body } = await ask({ path: `${path}?a=1` }).ended()
    expect([status, body]).toEqual([200, '{"ok" : 1}'])
    expect(headers).toMatchObject({
      'x-od-node': node,
      'x-od-engine': 'local',
      'x-od-request-id': 'r1',
      'content-type': 'application/json; charset=utf-8',
    })
    expect([headers['x-od-refused'], headers['server']]).toEqual([undefined, undefined])
    const [got] = engine.received
    expect([got?.path, got?.body.toString()]).toEqual(['/api/generate?a=1', '{"model":"tiny"}'])
    expect(got?.rawHeaders.filter((name) => name.startsWith('x-od-'))).toEqual([])
  })

  test('says at once that there is no room, and lets who may wait have its turn', async () => {
    const turns: Turn[] = []
    const { engines, send: ask } = await setUp((turn) => void turns.push(turn))
    const first = ask()
    await until('the first to be in the engine', () => turns.length === 1)
    const { status, headers } = await ask().ended()
    expect([status, headers['x-od-refused']]).toEqual([503, 'full'])
    const second = ask({ headers: { ...note, 'x-od-entry': 'wait' } })
    await until('it to wait', () => engines.list()[0]?.queuedRequests === 1)
    const beside = ask({ headers: { ...note, 'x-od-entry': 'beside' } })
    await until('what takes no place to be in the engine', () => turns.length === 2)
    answerJson(turns[0]?.response as Turn['response'], 200, '{"n":1}')
    await until('it to have its turn', () => turns.length === 3)
    for (const turn of turns.slice(1)) answerJson(turn.response, 200, '{"n":2}')
    expect((await first.ended()).body).toBe('{"n":1}')
    expect((await second.ended()).headers['x-od-waited-ms']).toMatch(/^\d+$/)
    expect((await beside.ended()).status).toBe(200)
  })

  test('names what became of an engine before it answered', async () => {
    const dying = await setUp(({ socket }) => void socket.resetAndDestroy())
    const died = await dying.send().ended()
    expect([died.status, died.headers['x-od-refused']]).toEqual([503, 'died'])
    const dead = await setUp(() => {}, { url: await deadUrl() })
    expect((await dead.send().ended()).headers['x-od-refused']).toBe('unreachable')
    dead.engines.set('local', { state: 'stopped' })
    expect((await dead.send().ended()).headers['x-od-refused']).toBe('gone')
    expect(dead.engines.outcomes).toEqual([{ engine: 'local', outcome: 'unreachable' }])
  })

  test('breaks, and never ends well, when the engine dies in the middle of it', async () => {
    const { send: ask } = await setUp(({ response, socket }) => {
      beginStream(response, { response: 'a' })
      response.write('', () => socket.destroy())
    })
    const { body, end } = await ask().ended()
    expect([body, end]).toEqual(['{"response":"a"}\n', 'broken'])
  })
})

test('an engine is told at once that the other node has left, and its place is free', async () => {
  let isGone = false
  const { engines, send: ask } = await setUp(async ({ closed }) => {
    await closed
    isGone = true
  })
  const asking = ask()
  await until('it to be in the engine', () => engines.list()[0]?.activeRequests === 1)
  asking.leave()
  await until('the engine to be told', () => isGone)
  await until('its place to be free', () => engines.list()[0]?.activeRequests === 0)
})

test('an answer goes at the pace of the node that reads it: what is not read stays in the engine', async () => {
  const wholeBytes = 64 * 1024 * 1024
  let written = 0
  const piece = Buffer.alloc(64 * 1024, 0x61)
  const { send: ask } = await setUp(({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    const write = () => {
      while (written < wholeBytes) {
        written += piece.length
        if (!response.write(piece)) return void response.once('drain', write)
      }
      response.end()
    }
    write()
  })
  const asking = ask()
  await until('it to begin', () => asking.heard.status === 200)
  asking.pause()
  let seen = -1
  await until(
    'the engine to write nothing more',
    () => {
      const isStill = seen === written
      seen = written
      return isStill
    },
    { everyMs: 300 },
  )
  expect(written).toBeLessThan(wholeBytes / 2)
  asking.resume()
  expect((await asking.ended()).body.length).toBe(wholeBytes)
})
