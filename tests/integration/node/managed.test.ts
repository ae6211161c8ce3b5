import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { looksLikeOllama, OllamaHealthMonitor } from '../../../src/engine/roster/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { systemProcesses } from '../../../src/sys/processes.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { fakeOllama, overOllamas } from '../../support/ollama-program/kinds.ts'
import { loadedRunner } from '../../support/ollama-program/runner.ts'
import { environmentOf } from '../../support/process-tree.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

let directory: TemporaryDirectory

beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})
afterEach(() => directory.remove())

async function managedOf(node: RunningNode) {
  return await until('the managed Ollama to run', async () =>
    (await node.instances()).find(({ kind, state }) => kind === 'managed' && state === 'running'),
  )
}

async function logOf(node: RunningNode, id: string): Promise<string[]> {
  const response = await fetch(`${node.gateway}/api/v1/instances/${id}/logs?lines=1000`)
  return ((await response.json()) as { lines: string[] }).lines
}

/** Asks until that engine is the one; another one that has the model, too, may come first. */
async function untilAnsweredBy(node: RunningNode, model: string, engine: string): Promise<void> {
  await until(`an answer by ${engine}`, async () => {
    const answer = await node.post('/api/generate', { model, prompt: 'Hello!' })
    expect(await answer.text()).toContain('"done":true')
    return answer.headers.get('x-od-engine') === engine
  })
}

const living = (pids: readonly number[]) => pids.filter((pid) => systemProcesses.isAlive(pid))

overOllamas('a node with an ollama on PATH and nobody at its port', (ollama) => {
  test('S-095 (part: variable), S-096, S-104, S-113: starts it at the configured port, the embedded engine at a free one, and serves both', async () => {
    const port = await chooseFreePort('127.0.0.1')
    const env = { ...(await ollama.install(directory.path)).env, OLLAMA_DEBUG: '1' }
    const node = await startRunningNode({ env, args: ['--ollama-port', String(port)] })
    const managed = await managedOf(node)
    expect(managed).toMatchObject({ id: 'default', managed: true })
    expect(managed.url).toBe(`http://127.0.0.1:${port}`)
    expect((await node.embedded()).url).not.toBe(managed.url)
    await ollama.stock(managed.url)
    await untilAnsweredBy(node, 'tiny', 'default')
    await untilAnsweredBy(node, 'pocket', 'embedded')
    expect((await logOf(node, 'default')).join('\n')).toContain(`Listening on 127.0.0.1:${port}`)
    expect(await environmentOf(managed.pid ?? 0)).toMatchObject({
      OLLAMA_HOST: `127.0.0.1:${port}`,
      OLLAMA_NUM_PARALLEL: '4',
      OLLAMA_CONTEXT_LENGTH: '4096',
      OLLAMA_DEBUG: '1',
      OLLAMA_NO_CLOUD: '1',
    })
    await node.stop() // which asserts that nothing is left, the runner included
    expect(living([managed.pid ?? 0])).toEqual([])
  })

  test('S-082 (part: node): kill -9 of the Ollama: another process is there soon, and requests go to it', async () => {
    const node = await startRunningNode(await ollama.install(directory.path))
    const managed = await managedOf(node)
    await ollama.stock(managed.url)
    const runner = await loadedRunner(managed)
    process.kill(managed.pid ?? 0, 'SIGKILL')
    await until('another process', async () => (await managedOf(node)).pid !== managed.pid)
    expect(living([runner])).toEqual([])
    await untilAnsweredBy(node, 'tiny', 'default')
    await node.stop()
  })

  test('kill -9 of the node leaves nothing behind after a new start, at the same port', async () => {
    const data = await makeTemporaryDirectory()
    const port = String(await chooseFreePort('127.0.0.1'))
    const { env } = await ollama.install(directory.path)
    const options = { env, dataDir: data.path, args: ['--ollama-port', port] }
    const killed = await startRunningNode(options)
    const before = await managedOf(killed)
    await ollama.stock(before.url)
    const family = [before.pid ?? 0, await loadedRunner(before)]
    process.kill(killed.process.runFile.pid, 'SIGKILL')
    await killed.process.exited
    expect(living(family)).toEqual(family)
    const node = await startRunningNode(options)
    expect(living(family)).toEqual([])
    const managed = await managedOf(node)
    expect(managed.url).toBe(`http://127.0.0.1:${port}`)
    await untilAnsweredBy(node, 'tiny', 'default')
    await node.stop()
    await killed.process[Symbol.asyncDispose]()
    await data.remove()
  })

  test('S-019, S-115 (part: Ollama): an Ollama that listens already is adopted and untouched, and none is started beside it', async () => {
    const foreign = await ollama.serve()
    const { env } = await ollama.install(directory.path)
    const args = ['--ollama-port', String(foreign.port)]
    const node = await startRunningNode({ env, args })
    expect((await node.instances()).map(({ id }) => id)).toEqual(['local', 'embedded'])
    await node.process.kill()
    await node.process[Symbol.asyncDispose]()
    const next = await startRunningNode({ env, args })
    expect(living([foreign.pid])).toEqual([foreign.pid])
    await next.stop()
    expect(await (await fetch(foreign.url)).text()).toBe('Ollama is running')
    await foreign.stop()
  })
})

test('S-013 (part: embedded): an embedded engine that hangs is replaced, and a gateway of ours is never taken for an engine', async () => {
  const data = await makeTemporaryDirectory()
  const yaml = 'integration: { process_manager: { health_check_interval: 1s } }'
  await writeFile(data.inside('ollama-distributed.yaml'), yaml)
  const node = await startRunningNode({ dataDir: data.path })
  const { pid = 0 } = await node.embedded()
  process.kill(pid, 'SIGSTOP')
  await until(
    'another process that runs',
    async () => {
      const engine = await node.embedded()
      return engine.state === 'running' && engine.pid !== pid
    },
    { timeoutMs: 50_000 },
  )
  expect(living([pid])).toEqual([])
  const monitor = new OllamaHealthMonitor({ healthCheckIntervalMs: 100 })
  monitor.watch('self', node.gateway)
  await until('the probes', () => monitor.list()[0]?.state === 'unhealthy')
  expect(monitor.list()[0]?.reason).toBe('it is a gateway of ollama-distributed, not an engine')
  expect(await looksLikeOllama(node.gateway, systemClock)).toBe(false)
  await monitor.stop()
  await node.stop()
  await data.remove()
})

test("S-029 (part: configuration): engines that the file names are used beside the node's own, one elsewhere and one started here", async () => {
  const remote = await startFakeOllama()
  const data = await makeTemporaryDirectory()
  const port = await chooseFreePort('127.0.0.1')
  const yaml = `engines:
  remote: { nas: "127.0.0.1:${remote.port}" }
  managed: { second: "127.0.0.1:${port}" }
`
  await writeFile(data.inside('ollama-distributed.yaml'), yaml)
  const { env } = await fakeOllama.install(directory.path)
  const node = await startRunningNode({ env, dataDir: data.path })
  const running = await until('all to run', async () => {
    const instances = await node.instances()
    return instances.every(({ state }) => state === 'running') && instances
  })
  expect(running.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    'default managed',
    'embedded embedded',
    'nas remote',
    'second managed',
  ])
  expect(running[3]?.url).toBe(`http://127.0.0.1:${port}`)
  await node.stop()
  expect(living([remote.pid, running[3]?.pid ?? 0])).toEqual([remote.pid])
  await remote.stop()
  await data.remove()
})
