/** What only a real Ollama can show: its own runner, its own answers, its own reading of what it is told. */
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OllamaProcessManager } from '../../../src/engine/manager/index.ts'
import { reachableAddresses } from '../../../src/sys/machine.ts'
import { systemProcesses } from '../../../src/sys/processes.ts'
import { type ServedOllama, withRealOllama } from '../../support/ollama-program/kinds.ts'
import { loadedRunner } from '../../support/ollama-program/runner.ts'
import { processorTicksOf } from '../../support/process-tree.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'
import { type Instance, linesOf, type RunningNode, startRunningNode } from './running-node.ts'

const question = { model: 'tiny', prompt: 'Hello!' }

/** An answer that is not over within a minute: the schema wants more than ever fits. */
const story = {
  model: 'tiny',
  prompt: 'Count to 100.',
  format: { type: 'array', items: { type: 'integer' }, minItems: 300 },
  options: { num_predict: 20_000 },
}
/** Ollama's two texts for a runner that is gone; which one it is depends on what it was doing. Source: llm/server.go. */
const stopped = {
  error:
    'model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, check ollama server logs for details',
}
const died = { error: 'an error was encountered while running the model: unexpected EOF' }

let directory: TemporaryDirectory
let node: RunningNode
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})
afterEach(() => directory.remove())

type Line = Record<string, unknown>

/** The story as it is told by that engine; one that the other engine tells is left. */
async function toldBy(engine: string, options: object = story.options): Promise<Response> {
  return await until(`an answer by ${engine}`, async () => {
    const client = new AbortController()
    const response = await node.post('/api/generate', { ...story, options }, client.signal)
    if (response.headers.get('x-od-engine') === engine) return response
    client.abort()
    return undefined
  })
}

/** All lines of a streamed answer; `act` is done after the third. */
async function linesAround(response: Response, act: () => void): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of linesOf(response)) {
    lines.push(line)
    if (lines.length === 3) act()
  }
  return lines
}

async function answersAgain(): Promise<void> {
  await until('a whole answer', async () => {
    const answer = await node.post('/api/generate', { ...question, stream: false })
    return ((await answer.json()) as Line)['done'] === true
  })
}

function expectBroken(lines: readonly Line[]): void {
  expect(lines.at(-1)).toEqual(died)
  expect(lines.slice(0, -1).every((line) => line['done'] === false)).toBe(true)
}

withRealOllama('a node beside an Ollama', (ollama) => {
  let served: ServedOllama
  beforeEach(async () => {
    served = await ollama.serve()
    node = await startRunningNode({ args: ['--ollama-port', String(served.port)] })
  })
  afterEach(async () => {
    await node.stop()
    await served.stop()
  })

  test('S-058: the same request on its port and on ours gives the same shape', async () => {
    const shape = async (base: string) => {
      const body = JSON.stringify(question)
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
    expect(await shape(node.gateway)).toEqual(await shape(served.url))
  })

  test('S-092: the Ollama is used directly beside us, and S-093: through us without any key', async () => {
    const { models } = (await (await fetch(`${served.url}/api/tags`)).json()) as {
      models: { name: string }[]
    }
    expect(models.map(({ name }) => name)).toEqual(['tiny:latest'])
    const answer = await node.post('/api/generate', { ...question, stream: false })
    expect(answer.headers.get('x-od-engine')).toBe('local')
    expect(await answer.json()).toMatchObject({ done: true })
  })

  test('whose runner is killed in the middle of a stream: one error line, and the next request works', async () => {
    const runner = await loadedRunner(served)
    expectBroken(await linesAround(await toldBy('local'), () => process.kill(runner, 'SIGKILL')))
    await answersAgain()
  })

  test('whose runner is killed before the first byte: a 500, and the next request works', async () => {
    const runner = await loadedRunner(served)
    const before = await processorTicksOf(runner)
    const answer = node.post('/api/generate', { ...story, stream: false })
    await until('it to work on the answer', async () => (await processorTicksOf(runner)) > before)
    process.kill(runner, 'SIGKILL')
    const response = await within('the answer', answer)
    expect(response.status).toBe(500)
    expect([died, stopped]).toContainEqual(await response.json())
    await answersAgain()
  })

  test('which is killed in the middle of a stream: one error line, an error at once as long as it is away', async () => {
    await loadedRunner(served)
    expectBroken(
      await linesAround(await toldBy('local'), () => process.kill(served.pid, 'SIGKILL')),
    )
    const refused = await node.post('/api/generate', question)
    expect(refused.status).toBeGreaterThanOrEqual(400)
    expect(await refused.json()).toHaveProperty('error')
    await served.kill()
    served = await ollama.serve(served.port)
    await answersAgain()
  })

  test('S-062 (part: real Ollama): SIGTERM lets a stream finish, and leaves the Ollama alone', async () => {
    const runner = await loadedRunner(served)
    const isRefused = () =>
      fetch(node.gateway).then(
        () => false,
        () => true,
      )
    const drain = Promise.withResolvers<boolean>()
    const lines = await linesAround(await toldBy('local', { num_predict: 200 }), () => {
      process.kill(runner, 'SIGSTOP') // it cannot be over before the signal is taken
      node.process.signal('SIGTERM')
      drain.resolve(until('new connections to be refused', isRefused))
      void drain.promise.finally(() => process.kill(runner, 'SIGCONT'))
    })
    expect(await drain.promise).toBe(true)
    expect(lines.at(-1)).toMatchObject({ done: true, eval_count: 200 })
    expect((await within('the end of the node', node.process.exited)).code).toBe(0)
    expect(await (await fetch(served.url)).text()).toBe('Ollama is running')
    expect(systemProcesses.isAlive(runner)).toBe(true)
  })
})

withRealOllama('a node with a managed Ollama', (ollama) => {
  let managed: Instance

  async function start(yaml = ''): Promise<void> {
    const file = directory.inside('ollama-distributed.yaml')
    await writeFile(file, yaml)
    const { env } = await ollama.install(directory.path)
    node = await startRunningNode({ env, args: ['--config', file] })
    managed = await until('the managed Ollama to run', async () =>
      (await node.instances()).find(({ kind, state }) => kind === 'managed' && state === 'running'),
    )
    await ollama.stock(managed.url)
  }
  afterEach(() => node.stop()) // which asserts that nothing is left, runners included

  test('S-099 (part: real Ollama), S-100 (part: real Ollama), S-101 (part: real Ollama): it is told how many at a time, layers and context', async () => {
    await start('ollama:\n  max_concurrent: 2\n  gpu_layers: 3\n  context_length: 512\n')
    const contextOf = async (options?: object) => {
      const body = { ...question, options }
      await until('an answer by it', async () => {
        const answer = await node.post('/api/generate', body)
        await answer.text()
        return answer.headers.get('x-od-engine') === 'default'
      })
      const { models } = (await (await fetch(`${managed.url}/api/ps`)).json()) as {
        models: { context_length: number }[]
      }
      return models.map(({ context_length: tokens }) => tokens)
    }
    expect(await contextOf()).toEqual([512])
    expect(await contextOf({ num_ctx: 256, num_gpu: 1 })).toEqual([256])
    const logs = await fetch(`${node.gateway}/api/v1/instances/default/logs?lines=1000`)
    const { lines } = (await logs.json()) as { lines: string[] }
    const found = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? [])
    expect(found(/msg="loading model" .*requested=(-?\d+)/)).toEqual(['3', '1'])
    expect(new Set(found(/request=.* Parallel:(\d+)/))).toEqual(new Set(['2']))
    expect(new Set(found(/request=.* KvSize:(\d+)/))).toEqual(new Set(['1024', '512']))
  })

  test('S-082 (part: real Ollama): killed in the middle of a stream: one error line, its runner gone, the next request works', async () => {
    await start()
    const runner = await loadedRunner(managed)
    const lines = await linesAround(await toldBy('default'), () => {
      process.kill(managed.pid ?? 0, 'SIGKILL')
    })
    expectBroken(lines)
    await until('another process', async () => {
      const next = (await node.instances()).find(({ id }) => id === 'default')
      return next?.state === 'running' && next.pid !== managed.pid
    })
    expect(systemProcesses.isAlive(runner)).toBe(false)
    await answersAgain()
  })
})

withRealOllama('S-018, S-095 (part: real Ollama): an instance', (ollama) => {
  test('has its version read, and listens at its address only', async () => {
    const { binary, env } = await ollama.install(directory.path)
    const environment = { HOME: env.HOME }
    const manager = new OllamaProcessManager({ dataDir: directory.inside('data'), binary })
    await manager.start()
    const { url, version } = await manager.startInstance('default', { environment })
    const program = await manager.findProgram()
    expect(program?.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(version).toBe(program?.version)
    const { port } = new URL(url)
    const others = reachableAddresses().filter((address) => !address.includes(':'))
    for (const address of others) await expect(fetch(`http://${address}:${port}`)).rejects.toThrow()
    await manager.stop()
  })
})
