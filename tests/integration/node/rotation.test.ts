import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

let directory: TemporaryDirectory
let first: FakeOllama
let second: FakeOllama
let node: RunningNode

/** Two Ollamas of others' in turns, looked at every second. */
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
  first = await startFakeOllama({ models: [{ name: 'tiny' }] })
  second = await startFakeOllama({ models: [{ name: 'tiny' }] })
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(
    file,
    `engines:
  remote: { first: "${first.url}", second: "${second.url}" }
integration:
  process_manager: { auto_start: false, health_check_interval: "1s" }
  api_gateway: { load_balancing: round_robin }
`,
  )
  node = await startRunningNode({ dataDir: directory.path, args: ['--config', file] })
})

afterEach(async () => {
  await node.stop()
  await first.stop()
  await second.stop()
  await directory.remove()
})

const untilState = (state: string) =>
  until(`the second engine is ${state}`, async () => {
    const found = (await node.instances()).find(({ id }) => id === 'second')
    return found?.state === state
  })
const asked = async (engine: FakeOllama) => {
  const requests = await engine.requests()
  return requests.filter(({ target }) => target === '/api/generate').length
}
const ask = async (times: number) => {
  for (let i = 0; i < times; i++) {
    const answer = await node.post('/api/generate', { model: 'tiny', prompt: 'Hello!' })
    expect(answer.status).toBe(200)
    await answer.text()
  }
}

test('S-032: an engine that is marked unhealthy gets no request more, and its share again when it has recovered', async () => {
  await ask(10)
  expect([await asked(first), await asked(second)]).toEqual([5, 5])
  await second.set({ hang: 'all' })
  await untilState('unhealthy')
  await ask(10)
  expect([await asked(first), await asked(second)]).toEqual([15, 5])
  await second.set({})
  await untilState('running')
  await ask(10)
  expect(await asked(second)).toBeGreaterThanOrEqual(10)
})

test('S-020: a model that an Ollama was given by its own means is listed within one probe', async () => {
  const body = JSON.stringify({ source: 'tiny', destination: 'pulled' })
  await fetch(`${first.url}/api/copy`, { method: 'POST', body })
  await until('the model is listed', async () => {
    const answer = await fetch(`${node.gateway}/api/v1/models`)
    const { models } = (await answer.json()) as { models: { name: string }[] }
    return models.some(({ name }) => name === 'pulled:latest')
  })
})
