import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemProcesses } from '../../../src/sys/processes.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { linesOf, type RunningNode, startRunningNode } from './running-node.ts'

/** An answer that cannot be over before the kill: the schema wants more than ever fits. */
const story = {
  model: 'pocket',
  prompt: 'Count to 100.',
  format: { type: 'array', items: { type: 'integer' }, minItems: 900 },
  options: { num_predict: 20_000 },
}
const died = { error: 'an error was encountered while running the model: unexpected EOF' }

let directory: TemporaryDirectory
let node: RunningNode

beforeAll(async () => {
  directory = await makeTemporaryDirectory()
  node = await startRunningNode({ dataDir: directory.path })
})
afterAll(async () => {
  await node.stop()
  await directory.remove()
})

async function answersAgain(): Promise<void> {
  const body = { model: 'pocket', prompt: 'What does a horse say?', stream: false }
  const response = await node.post('/api/generate', body)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ response: 'A horse says neigh.', done: true })
}

/** All lines of a streamed answer during which `pid` is killed, after the third of them. */
async function linesAround(pid: number): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = []
  for await (const line of linesOf(await node.post('/api/generate', story))) {
    lines.push(line)
    if (lines.length === 3) process.kill(pid, 'SIGKILL')
  }
  return lines
}

const runnerPid = async () => (await node.runner()).pid
const enginePid = async () => (await node.embedded()).pid ?? 0

describe.each([
  ['runner', runnerPid],
  ['engine', enginePid],
])('kill -9 of the %s', (_name, pidOf) => {
  test('S-081 (part: one engine): in the middle of an answer ends it with one error line, and the next request works', async () => {
    await answersAgain()
    const lines = await linesAround(await pidOf())
    expect(lines.at(-1)).toEqual(died)
    expect(lines.slice(0, -1).every((line) => line['done'] === false)).toBe(true)
    await answersAgain()
  })

  test('before the first byte gives a 500 with the same text, and the next request works', async () => {
    await answersAgain()
    const pid = await pidOf()
    const answer = node.post('/api/generate', { ...story, stream: false })
    await until('it is being answered', async () => (await node.runner()).active === 1, {
      everyMs: 1,
    })
    process.kill(pid, 'SIGKILL')
    const response = await answer
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual(died)
    await answersAgain()
  })
})

test('kill -9 of the node leaves nothing behind after a new start', async () => {
  await answersAgain()
  const { pid: runner } = await node.runner()
  const engine = (await node.embedded()).pid ?? 0
  await node.process.kill()
  await node.process[Symbol.asyncDispose]()
  node = await startRunningNode({ dataDir: directory.path })
  const alive = [runner, engine].filter((pid) => systemProcesses.isAlive(pid))
  expect(alive).toEqual([])
  await answersAgain()
})
