import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OllamaProcessManager } from '../../../src/engine/manager/index.ts'
import { reachableAddresses } from '../../../src/sys/machine.ts'
import { systemProcesses } from '../../../src/sys/processes.ts'
import { readProcesses, treeOf } from '../../../src/sys/processes-table.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { linesOf, type RunningNode, startRunningNode } from './running-node.ts'

const binary = process.env['OLLAMA_BIN']

/** The seed's request, for a model that both can have. */
const seed = { model: 'tiny-pocket', prompt: 'Hello world' }

describe.skipIf(binary === undefined)('with a real Ollama (needs OLLAMA_BIN)', () => {
  let directory: TemporaryDirectory
  let url: string
  let ollama: ReturnType<typeof spawn>
  let node: RunningNode

  beforeAll(async () => {
    directory = await makeTemporaryDirectory()
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    ollama = spawn(binary ?? '', ['serve'], {
      env: {
        ...process.env,
        HOME: directory.path,
        OLLAMA_HOST: `127.0.0.1:${port}`,
        OLLAMA_MODELS: directory.inside('models'),
      },
      stdio: 'ignore',
    })
    await until('Ollama answers', async () => (await fetch(url)).ok)
    await createPocket(url)
    node = await startRunningNode({ args: ['--ollama-port', String(port)] })
  })

  afterAll(async () => {
    await node.stop()
    const ended = new Promise((resolve) => ollama.once('exit', resolve))
    ollama.kill()
    await ended
    await directory.remove()
  })

  test('S-058: the same request on its port and on ours gives the same shape', async () => {
    const shape = async (base: string) => {
      const body = JSON.stringify(seed)
      const response = await fetch(`${base}/api/generate`, { method: 'POST', body })
      const lines = []
      for await (const line of linesOf(response)) lines.push(line)
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        middle: Object.keys(lines[0] ?? {}),
        last: Object.keys(lines.at(-1) ?? {}),
        text: lines.map((line) => line['response']).join(''),
      }
    }
    expect(await shape(node.gateway)).toEqual(await shape(url))
  })

  test('S-092: the Ollama is used directly beside us, and S-093: through us without any key', async () => {
    const { models } = (await (await fetch(`${url}/api/tags`)).json()) as { models: object[] }
    expect(models).toHaveLength(1)
    const answer = await node.post('/api/generate', { ...seed, stream: false })
    expect(answer.headers.get('x-od-engine')).toBe('local')
    expect(await answer.json()).toMatchObject({ done: true })
  })
})

describe.skipIf(binary === undefined)('a real Ollama as a child (needs OLLAMA_BIN)', () => {
  let directory: TemporaryDirectory
  let manager: OllamaProcessManager
  const changes: string[] = []
  const engine = () => manager.instance('default')
  const untilState = (state: string) =>
    until(`it to be ${state}`, () => engine().state === state, { timeoutMs: 40_000 })

  beforeAll(async () => {
    directory = await makeTemporaryDirectory()
    manager = new OllamaProcessManager({
      dataDir: directory.path,
      binary: binary ?? '',
      healthCheckIntervalMs: 1_000,
      defaults: { contextLength: 2048, environment: { HOME: directory.path } },
    })
    manager.monitor.onEvent(({ state }) => void changes.push(state))
    await manager.start()
    await manager.startInstance('default', { host: '127.0.0.1', dataDir: directory.inside('o') })
    await createPocket(engine().url)
  })

  afterAll(async () => {
    await manager.stop()
    await directory.remove()
  })

  async function answers(): Promise<void> {
    const body = JSON.stringify({ ...seed, stream: false })
    const response = await fetch(`${engine().url}/api/generate`, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ done: true })
  }

  test('S-018, S-095 (part: real Ollama): its version is read, and it listens at its address only', async () => {
    const program = await manager.findProgram()
    expect(program?.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(engine().version).toBe(program?.version)
    const { port } = new URL(engine().url)
    const others = reachableAddresses().filter((address) => !address.includes(':'))
    for (const address of others) await expect(fetch(`http://${address}:${port}`)).rejects.toThrow()
    await answers()
  })

  test('S-082 (part: real Ollama): killed with a loaded model, it is back, and its runner is gone', async () => {
    await answers()
    const { pid = 0 } = engine()
    const runners = treeOf(readProcesses(), pid).map((entry) => entry.pid)
    expect(runners.length).toBeGreaterThan(1)
    process.kill(pid, 'SIGKILL')
    await until('another process', () => ![undefined, pid].includes(engine().pid))
    await untilState('running')
    expect(runners.filter((one) => systemProcesses.isAlive(one))).toEqual([])
    await answers()
  })

  test('S-013 (part: real Ollama): hung, it is unhealthy, then another process', async () => {
    const { pid = 0 } = engine()
    process.kill(pid, 'SIGSTOP')
    await untilState('unhealthy')
    await until('another process', () => ![undefined, pid].includes(engine().pid), {
      timeoutMs: 40_000,
    })
    await untilState('running')
    expect(systemProcesses.isAlive(pid)).toBe(false)
    await answers()
  })

  test('S-024 (part: real Ollama): stopped with a loaded model it leaves no process', async () => {
    await answers()
    const pids = treeOf(readProcesses(), engine().pid ?? 0).map((entry) => entry.pid)
    await manager.stopInstance('default')
    expect(pids.filter((one) => systemProcesses.isAlive(one))).toEqual([])
    expect(changes.at(-1)).toBe('stopped')
  })
})

async function createPocket(base: string): Promise<void> {
  const weights = await readFile('assets/pocket/pocket.gguf')
  const digest = `sha256:${createHash('sha256').update(weights).digest('hex')}`
  await fetch(`${base}/api/blobs/${digest}`, { method: 'POST', body: weights })
  const body = {
    model: seed.model,
    files: { 'pocket.gguf': digest },
    template: '{{ range .Messages }}<|{{ .Role }}|>{{ .Content }}<|end|>{{ end }}<|assistant|>',
    parameters: { temperature: 0, stop: ['<|end|>'] },
    stream: false,
  }
  const response = await fetch(`${base}/api/create`, { method: 'POST', body: JSON.stringify(body) })
  expect(await response.json()).toEqual({ status: 'success' })
}

/** A port that nobody had a moment ago; Ollama cannot choose one itself. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
