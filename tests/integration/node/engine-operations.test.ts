/** Engines that are added, started, stopped and removed by the management API of a real node. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { systemProcesses } from '../../../src/sys/processes.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { fakeOllama, type InstalledOllama } from '../../support/ollama-program/kinds.ts'
import { loadedRunner } from '../../support/ollama-program/runner.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { listen } from './event-reader.ts'
import { type Instance, linesOf, type RunningNode, startRunningNode } from './running-node.ts'

interface Operation {
  readonly id: string
  readonly state: string
  readonly step: string
  readonly canCancel: boolean
  readonly error?: { readonly code: string; readonly error: string }
}

let directory: TemporaryDirectory
let installed: InstalledOllama
let node: RunningNode

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  installed = await fakeOllama.install(directory.path)
  node = await startRunningNode({ env: installed.env })
})
afterAll(async () => {
  await node?.stop()
  await directory?.remove()
})

async function ask<Answer>(method: string, path: string, body?: object) {
  const response = await fetch(node.gateway + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, answer: (await response.json()) as Answer & { code?: string } }
}

/** Begins an operation. */
async function begin(method: 'POST' | 'DELETE', path: string): Promise<string> {
  const { status, answer } = await ask<Operation>(method, path)
  expect([status, answer.state]).toEqual([202, 'running'])
  return answer.id
}

/** Reads the stream of an operation to its end: every state of it, the last one is over. */
async function follow(id: string): Promise<Operation[]> {
  const response = await fetch(`${node.gateway}/api/v1/operations/${id}/events`)
  const text = await response.text()
  const told = [...text.matchAll(/^event: operation\ndata: (.*)$/gm)]
  return told.map(([, data = '']) => JSON.parse(data) as Operation)
}

const endOf = async (id: string) => (await follow(id)).at(-1)

async function instance(name: string): Promise<Instance | undefined> {
  return (await node.instances()).find(({ id }) => id === name)
}

async function add(name: string): Promise<Instance> {
  const { status } = await ask('POST', '/api/v1/instances', { kind: 'managed', name })
  expect(status).toBe(201)
  expect(await endOf(await begin('POST', `/api/v1/instances/${name}/start`))).toMatchObject({
    state: 'succeeded',
  })
  const added = await instance(name)
  if (added === undefined) throw new Error(`${name} is not there`)
  return added
}

async function logOf(engine: string): Promise<string[]> {
  const response = await fetch(`${node.gateway}/api/v1/instances/${engine}/logs?lines=1000`)
  return ((await response.json()) as { lines: string[] }).lines
}

/** An answer of `default` that has begun and does not go on before `release`. */
async function beginAnswer() {
  const pid = await until('the process', async () => (await instance('default'))?.pid)
  const switchHold = () => process.kill(pid, 'SIGUSR2')
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  switchHold()
  await until('answers to be held', async () =>
    (await logOf('default')).at(-1)?.endsWith('answers are held'),
  )
  const response = await node.post('/api/generate', { model: 'tiny', prompt: 'x' }, leaving.signal)
  expect(response.headers.get('x-od-engine')).toBe('default')
  const lines = linesOf(response)
  await lines.next()
  const rest = async () => {
    let last: Record<string, unknown> = {}
    for await (const line of lines) last = line
    return last
  }
  return { pid, rest, release: switchHold }
}

const defaultPath = '/api/v1/instances/default'

const living = (pid: number | undefined) => pid !== undefined && systemProcesses.isAlive(pid)

test('S-029 (part: at run time): a second Ollama is added beside the first, both serve, and stopping one leaves the other untouched', async () => {
  const first = await until('the first', () => instance('default'))
  const second = await add('second')
  expect(second).toMatchObject({ kind: 'managed', managed: true, state: 'running' })
  expect(second.url).not.toBe(first.url)
  const stopped = await follow(await begin('POST', '/api/v1/instances/second/stop'))
  expect(stopped.at(-1)).toMatchObject({ state: 'succeeded', engine: 'second', action: 'stop' })
  expect(living(second.pid)).toBe(false)
  const answer = await node.post('/api/generate', { model: 'tiny', prompt: 'x' })
  expect([answer.status, answer.headers.get('x-od-engine')]).toEqual([200, 'default'])
  await answer.text()
  expect(await instance('default')).toMatchObject({ pid: first.pid, state: 'running' })
  expect(await endOf(await begin('DELETE', '/api/v1/instances/second'))).toMatchObject({
    state: 'succeeded',
  })
  expect(await instance('second')).toBeUndefined()
})

test('S-024 (part: node): a stop lets the running answer finish to its last token, then the process and its runner are gone', async () => {
  const runner = await loadedRunner((await instance('default')) ?? { url: '' })
  const { pid, rest, release } = await beginAnswer()
  expect([living(pid), living(runner)]).toEqual([true, true])
  const id = await begin('POST', '/api/v1/instances/default/stop')
  const other = await ask<object>('POST', '/api/v1/instances/default/restart')
  expect([other.status, other.answer.code]).toEqual([409, 'OD_OPERATION_BUSY'])
  expect((await ask<Operation>('GET', `/api/v1/operations/${id}`)).answer).toMatchObject({
    state: 'running',
    step: 'waits for up to 30 s for its running answers, 1 of them',
    canCancel: true,
  })
  release()
  expect(await rest()).toMatchObject({ done: true, eval_count: 8 })
  expect(await endOf(id)).toMatchObject({ state: 'succeeded' })
  expect(living(pid)).toBe(false)
  await until('the system to clear the runner away', () => !living(runner))
  await endOf(await begin('POST', '/api/v1/instances/default/start'))
})

test('a drain waits also for what the engine has not begun to answer, and tells how much is left each time', async () => {
  const { rest, release } = await beginAnswer()
  const whole = node.post('/api/generate', { model: 'tiny', prompt: 'y', stream: false })
  await until('both to be there', async () => {
    const { answer } = await ask<{ activeRequests: number }>('GET', defaultPath)
    return answer.activeRequests === 2
  })
  const id = await begin('POST', `${defaultPath}/stop`)
  const told = follow(id)
  release()
  expect(await rest()).toMatchObject({ done: true, eval_count: 8 })
  const answer = await whole
  expect([answer.status, answer.headers.get('x-od-engine')]).toEqual([200, 'default'])
  expect(await answer.json()).toMatchObject({ done: true, eval_count: 8 })
  const left = (await told).map(({ step }) => / (\d) of them$/.exec(step)?.[1])
  expect(left.filter((count) => count !== undefined)).toEqual(['2', '1', '0'])
  await endOf(await begin('POST', `${defaultPath}/start`))
})

test('a drain that is given up leaves the engine in use; what is over cannot be given up, and says so', async () => {
  const { pid, rest, release } = await beginAnswer()
  const id = await begin('POST', '/api/v1/instances/default/stop?drainMs=600000')
  expect((await instance('default'))?.state).toBe('stopped')
  const cancelled = await ask<Operation>('DELETE', `/api/v1/operations/${id}`)
  expect([cancelled.status, cancelled.answer.canCancel]).toEqual([202, false])
  expect(await endOf(id)).toMatchObject({ state: 'cancelled' })
  const again = await ask<object>('DELETE', `/api/v1/operations/${id}`)
  expect([again.status, again.answer.code]).toEqual([409, 'OD_OPERATION_OVER'])
  await until('it to be used', async () => {
    const { state, pid: now } = (await instance('default')) ?? {}
    return state === 'running' && now === pid
  })
  release()
  expect(await rest()).toMatchObject({ done: true, eval_count: 8 })
})

test('S-027 (part: operations): a restart goes through its states, each an event with its reason; the operation tells its steps', async () => {
  const events = await listen(node.gateway)
  await until('what is kept', () => events().length > 0)
  const before = events().length
  const id = await begin('POST', '/api/v1/instances/embedded/restart')
  const steps = await follow(id)
  expect(steps.at(-1)).toMatchObject({ state: 'succeeded', action: 'restart' })
  const changes = () => events().slice(before)
  const ofEngine = () =>
    changes().filter(({ type, engine }) => type === 'engine.changed' && engine === 'embedded')
  await until('the last state', () => ofEngine().at(-1)?.state === 'running')
  expect(ofEngine().map(({ state, reason }) => `${state}: ${reason}`)).toEqual([
    'stopped: asked to stop',
    'starting: asked to start',
    'running: it answers',
  ])
  const own = () => changes().filter(({ type }) => type === 'operation.changed')
  await until('the end of the operation', () => own().at(-1)?.state === 'succeeded')
  expect(own()[0]).toMatchObject({ state: 'running', engine: 'embedded', action: 'restart' })
})

test('a remote engine is called as its host, is used, is neither started nor stopped, and can be removed', async () => {
  const remote = await startFakeOllama({ models: [{ name: 'elsewhere' }] })
  const added = await ask<Instance>('POST', '/api/v1/instances', {
    kind: 'remote',
    url: `localhost:${remote.port}`,
  })
  expect(added).toMatchObject({ status: 201, answer: { id: 'localhost', kind: 'remote' } })
  await until('it to run', async () => (await instance('localhost'))?.state === 'running')
  const answer = await node.post('/api/generate', { model: 'elsewhere', prompt: 'x' })
  expect(answer.headers.get('x-od-engine')).toBe('localhost')
  await answer.text()
  for (const action of ['start', 'stop', 'restart']) {
    const refused = await ask<object>('POST', `/api/v1/instances/localhost/${action}`)
    expect([refused.status, refused.answer.code]).toEqual([409, 'OD_ENGINE_NOT_OURS'])
  }
  await endOf(await begin('DELETE', '/api/v1/instances/localhost'))
  expect(await instance('localhost')).toBeUndefined()
  expect(living(remote.pid)).toBe(true)
  await remote.stop()
})

test('what the configuration asks for is not removed, and names that cannot be are refused', async () => {
  const configured = await ask<object>('DELETE', '/api/v1/instances/default')
  expect([configured.status, configured.answer.code]).toEqual([409, 'OD_ENGINE_CONFIGURED'])
  const refusals = [
    [{ kind: 'managed', name: '../x' }, 400, 'OD_ENGINE_NAME'],
    [{ kind: 'managed', name: 'a/b' }, 400, 'OD_ENGINE_NAME'],
    [{ kind: 'remote', url: 'http://nas', name: 'embedded' }, 400, 'OD_ENGINE_NAME'],
    [{ kind: 'remote', url: 'http://me:secret@nas' }, 400, 'OD_ENGINE_URL'],
    [{ kind: 'remote', url: 'file:///etc/passwd' }, 400, 'OD_ENGINE_URL'],
    [{ kind: 'remote', url: 'http://nas/v1?x' }, 400, 'OD_ENGINE_URL'],
  ] as const
  for (const [body, status, code] of refusals) {
    const refused = await ask<object>('POST', '/api/v1/instances', body)
    expect([refused.status, refused.answer.code], JSON.stringify(body)).toEqual([status, code])
  }
  for (const [method, path, code] of [
    ['POST', '/api/v1/instances/%1b%5b2J/start', 'OD_ENGINE_UNKNOWN'],
    ['DELETE', '/api/v1/instances/nobody', 'OD_ENGINE_UNKNOWN'],
    ['DELETE', '/api/v1/operations/1-1', 'OD_OPERATION_UNKNOWN'],
    ['GET', '/api/v1/operations/1-1/events', 'OD_OPERATION_UNKNOWN'],
  ] as const) {
    const refused = await ask<object>(method, path)
    expect([path, refused.status, refused.answer.code]).toEqual([path, 404, code])
  }
  expect((await node.instances()).map(({ id }) => id).toSorted()).toEqual(['default', 'embedded'])
})

test('S-066 (part: API): the strategy changes between two requests of a node, as an event; an unknown name lists the valid ones', async () => {
  const path = '/api/v1/routing/strategy'
  const events = await listen(node.gateway)
  const now = await ask<{ strategy: string; strategies: string[] }>('GET', path)
  expect(now.answer).toEqual({
    strategy: 'model_affinity',
    strategies: ['round_robin', 'least_loaded', 'model_affinity'],
  })
  const changed = await ask('PUT', path, { strategy: 'round_robin' })
  expect(changed).toMatchObject({ status: 200, answer: { strategy: 'round_robin' } })
  const told = await until('the event', () =>
    events().find(({ type }) => type === 'strategy.changed'),
  )
  expect(told).toMatchObject({ strategy: 'round_robin', before: 'model_affinity' })
  const second = await add('second')
  const served: (string | null)[] = []
  for (let i = 0; i < 4; i++) {
    const answer = await node.post('/api/generate', { model: 'tiny', prompt: 'x' })
    served.push(answer.headers.get('x-od-engine'))
    await answer.text()
  }
  expect(new Set([served[0], served[1]])).toEqual(new Set(['default', 'second']))
  expect(served.slice(2)).toEqual(served.slice(0, 2))
  const unknown = await ask<{ error: string }>('PUT', path, { strategy: 'fastest' })
  expect(unknown).toMatchObject({
    status: 400,
    answer: {
      code: 'OD_STRATEGY_UNKNOWN',
      error: 'no strategy is called "fastest"; there are round_robin, least_loaded, model_affinity',
    },
  })
  expect((await ask('GET', path)).answer).toMatchObject({ strategy: 'round_robin' })
  await endOf(await begin('DELETE', `/api/v1/instances/${second.id}`))
})

test('what was added is there after a start of the node, and what was removed is not', async () => {
  const data = await makeTemporaryDirectory()
  const remote = await startFakeOllama()
  const before = await startRunningNode({ dataDir: data.path })
  for (const [name, url] of [
    ['nas', remote.url],
    ['gone', 'http://127.0.0.1:9'],
  ]) {
    const added = await before.post('/api/v1/instances', { kind: 'remote', name, url })
    expect(added.status).toBe(201)
  }
  await fetch(`${before.gateway}/api/v1/instances/gone`, { method: 'DELETE' })
  await until('it to be gone', async () =>
    (await before.instances()).every(({ id }) => id !== 'gone'),
  )
  await before.stop()
  const after = await startRunningNode({ dataDir: data.path })
  expect((await after.instances()).map(({ id }) => id).toSorted()).toEqual(['embedded', 'nas'])
  await until('it to be used', async () =>
    (await after.instances()).some(({ id, state }) => id === 'nas' && state === 'running'),
  )
  await after.stop()
  await remote.stop()
  await data.remove()
})
