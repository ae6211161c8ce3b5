import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EngineView } from '../../../src/core/engine.ts'
import { doorBounds, startDoor } from '../../../src/engine/door/index.ts'
import { probeLimits } from '../../../src/engine/roster/http-probe.ts'
import {
  createHttpProbe,
  type HttpProbe,
  looksLikeOllama,
  type Roster,
  startRoster,
} from '../../../src/engine/roster/index.ts'
import type { OwnEngines } from '../../../src/gateway/index.ts'
import { systemClock as clock, ManualClock } from '../../../src/sys/clock.ts'
import { systemProcesses as processes } from '../../../src/sys/processes.ts'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { type OllamaKind, overOllamas } from '../../support/ollama-program/kinds.ts'
import { rawRequest } from '../../support/raw-http.ts'
import { until, within } from '../../support/until.ts'

/** Short, so that the tests are; what is promised does not depend on it. */
const intervalMs = 300

/** What a loaded two-core machine may add to a time. */
const slackMs = 500

let http: HttpProbe
let roster: Roster
let changes: EngineView[]
const cleanUps: (() => Promise<unknown>)[] = []

beforeEach(() => {
  changes = []
  http = createHttpProbe(clock)
  const onChange = (view: EngineView) => void changes.push(view)
  roster = startRoster({ clock, probe: http.probe, intervalMs, onChange, onHung: () => {} })
})

afterEach(async () => {
  roster.stop()
  await http.close()
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

async function startOllama(): Promise<FakeOllama> {
  const fake = await startFakeOllama()
  cleanUps.push(fake.stop)
  return fake
}

async function adopt(url: string): Promise<void> {
  roster.report({ type: 'engine.added', engine: 'local', kind: 'adopted', url })
  await until('the engine to run', () => roster.list()[0]?.state === 'running')
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  cleanUps.push(async () => {
    server.close()
    if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const states = () => changes.map(({ state }) => state)
const untilState = (state: EngineView['state']) =>
  until(`the engine to be ${state}`, () => roster.list()[0]?.state === state)

overOllamas('an adopted Ollama', (ollama) => {
  /** It is stopped after the test. */
  async function serve(port?: number): ReturnType<OllamaKind['serve']> {
    const served = await ollama.serve(port)
    cleanUps.push(served.stop)
    return served
  }

  test('S-019 (part: engine list): is in use with its models, and lives on after we stop', async () => {
    const { url, pid } = await serve()
    expect(await looksLikeOllama(url, clock)).toBe(true)
    await adopt(url)
    const bounds = { ...doorBounds, slots: 4 }
    const engines: OwnEngines = startDoor({ engines: roster, bounds, clock }) // the shape that a gateway wants
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/)
    expect(engines.list()).toMatchObject([
      { id: 'local', kind: 'adopted', managed: false, url, version },
    ])
    expect(engines.list()[0]?.models).toMatchObject([{ name: 'tiny:latest' }])
    roster.stop()
    await http.close()
    expect(processes.isAlive(pid)).toBe(true)
    expect((await rawRequest(url, { path: '/' })).body.toString()).toBe('Ollama is running')
  })

  test('has what it has loaded known within one probe', async () => {
    const { url } = await serve()
    await adopt(url)
    expect(roster.list()[0]?.loaded).toEqual([])
    await rawRequest(url, { path: '/api/generate', body: '{"model":"tiny"}' })
    await until('the load to be seen', () => roster.list()[0]?.loaded[0]?.name === 'tiny:latest')
    const body = '{"source":"tiny","destination":"copied"}'
    await rawRequest(url, { path: '/api/copy', body })
    await roster.refresh(0)
    expect(roster.list()[0]?.models.map(({ name }) => name)).toContain('copied:latest')
  })

  test('S-013 (part: engine list): that hangs is unhealthy within interval + timeout, healthy when it answers, one event each', async () => {
    const { url, pid } = await serve()
    await adopt(url)
    process.kill(pid, 'SIGSTOP') // the system accepts for it, and it never answers
    const hungMs = performance.now()
    await untilState('unhealthy')
    expect(performance.now() - hungMs).toBeLessThan(intervalMs + probeLimits.wholeMs + slackMs)
    expect(changes.at(-1)?.reason).toBe('it does not answer in time')
    process.kill(pid, 'SIGCONT')
    await untilState('running')
    expect(states()).toEqual(['starting', 'running', 'unhealthy', 'running'])
  })

  test('that is killed is unhealthy, and in use again when it is back at its place', async () => {
    const { url, port, kill } = await serve()
    await adopt(url)
    await kill()
    await untilState('unhealthy')
    expect(changes.at(-1)?.reason).toBe('it refuses connections')
    await serve(port)
    expect(await roster.untilUsable(10_000, new AbortController().signal)).toBe(true)
    expect(states()).toEqual(['starting', 'running', 'unhealthy', 'running'])
  })
})

test('a request that found nobody has the truth looked up at once', async () => {
  const fake = await startOllama()
  await http.close()
  const hourly = createHttpProbe(clock)
  cleanUps.push(() => hourly.close())
  const onChange = (view: EngineView) => void changes.push(view)
  roster = startRoster({
    clock,
    probe: hourly.probe,
    intervalMs: 3_600_000,
    onChange,
    onHung: () => {},
  })
  await adopt(fake.url)
  roster.begin('local')('unreachable')
  expect(roster.list()[0]?.state).toBe('unhealthy')
  await untilState('running')
  expect(states()).toEqual(['starting', 'running', 'unhealthy', 'running'])
})

describe('what is not an Ollama is not taken for one:', () => {
  const absent: RequestListener = (_, response) => response.writeHead(404).end('not found')
  const version: RequestListener = (request, response) => {
    response.end(request.url === '/api/version' ? '{"version":"1.0"}' : 'hello')
  }
  const liveness: RequestListener = (request, response) => {
    response.end(request.url === '/' ? 'Ollama is running' : '{"version":7}')
  }
  const everything: RequestListener = (_, response) => response.end('<h1>It works!</h1>')
  const redirect: RequestListener = (_, response) => {
    response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
  }
  const endless: RequestListener = (_, response) => {
    response.on('error', () => {})
    const flood = () => {
      while (response.write(Buffer.alloc(1024 * 1024, 'x'))) continue
    }
    response.on('drain', flood)
    flood()
  }

  test.each([
    ['a server that knows no path', absent],
    ['a server that has a version only', version],
    ['a server that says it is one, without a version', liveness],
    ['a server that answers everything', everything],
    ['a server that points elsewhere', redirect],
    ['a server that never stops', endless],
  ])('%s', async (_, listener) => {
    const url = await listen(createServer(listener))
    expect(await looksLikeOllama(url, clock)).toBe(false)
  })

  test('a server that does not speak HTTP, and nobody', async () => {
    const noise = createTcpServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'))
    expect(await looksLikeOllama(await listen(noise), clock)).toBe(false)
    const url = await listen(createServer())
    for (const cleanUp of cleanUps.splice(0)) await cleanUp()
    expect(await looksLikeOllama(url, clock)).toBe(false)
  })

  test('a server that accepts and says nothing, after five seconds', async () => {
    let connections = 0
    const mute = createTcpServer((socket) => {
      connections++
      socket.on('error', () => {}).resume()
    })
    const manual = new ManualClock()
    const looked = looksLikeOllama(await listen(mute), manual)
    await until('the questions', () => connections === 2)
    manual.advance(probeLimits.wholeMs)
    expect(await within('the answer', looked)).toBe(false)
  })

  test('somebody else at the place of an adopted one makes it unhealthy, with that reason', async () => {
    const fake = await startOllama()
    await adopt(fake.url)
    await fake.kill()
    const other = createServer(everything)
    await new Promise<void>((resolve) => {
      other.listen(fake.port, '127.0.0.1', resolve)
    })
    cleanUps.push(async () => other.close().closeAllConnections())
    await untilState('unhealthy')
    await until('the reason', () => roster.list()[0]?.lastProbe?.ok === false)
    const result = await http.probe(fake.url, new AbortController().signal)
    expect(result).toEqual({ ok: false, reason: 'it does not answer as Ollama does' })
  })
})

test('lists that are too large are not taken, and the engine stays in use with what was known', async () => {
  const large = JSON.stringify({ models: [], padding: 'x'.repeat(probeLimits.answerBytesMax) })
  let isLarge = false
  const url = await listen(
    createServer((request, response) => {
      if (request.url === '/api/version') response.end('{"version":"0.24.0"}')
      else response.end(isLarge && request.url === '/api/tags' ? large : '{"models":[]}')
    }),
  )
  await adopt(url)
  isLarge = true
  const before = roster.list()[0]?.lastProbe?.atMs ?? 0
  await until('a later probe', () => (roster.list()[0]?.lastProbe?.atMs ?? 0) > before)
  const result = await http.probe(url, new AbortController().signal)
  expect(result).toEqual({
    ok: true,
    answer: { version: '0.24.0', lists: undefined, areListsLate: false },
  })
  expect(roster.list()[0]).toMatchObject({ state: 'running', models: [] })
})
