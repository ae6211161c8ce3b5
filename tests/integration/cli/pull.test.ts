/** `pull` through the gateway of a whole node, whose embedded engine fetches from a registry. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { until } from '../../support/until.ts'
import { User } from './command-line.ts'

let seed: SeedModel
let registry: RegistryProxy
let node: NodeProcess
let user: User
let model: string

beforeAll(async () => {
  seed = await seedModel(2 * 1024 * 1024)
  registry = await startRegistryProxy()
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  model = `${registry.host}/ns/m`
  ;[node, user] = await Promise.all([startNode(), User.create()])
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  await Promise.all([registry?.stop(), user?.remove()])
})

const pull = (...args: readonly string[]) => [
  'pull',
  model,
  '--insecure',
  '--host',
  node.gateway,
  ...args,
]

test('S-037 (part: one node): a model is pulled, listed and answers; a pipe gets the end alone', async () => {
  const { code, stdout, stderr } = await user.run(pull())
  expect([code, stdout, stderr]).toEqual([0, `pulled ${model}\n`, ''])
  const models = await user.run(['models', '--host', node.gateway])
  expect(models.stdout).toContain(`${model}:latest`)
  const body = JSON.stringify({ model, prompt: 'a', stream: false, options: { num_predict: 1 } })
  const answer = await fetch(`${node.gateway}/api/generate`, { method: 'POST', body })
  expect([answer.status, await answer.json()]).toMatchObject([200, { done: true }])
})

test('a terminal sees each blob with its bar', async () => {
  const started = user.startOnTerminal(pull())
  await started.exited
  const [digest = ''] = seed.blobs.keys()
  expect(started.output).toContain(`pulling ${digest.slice(7, 19)}: 100% ▕█`)
  expect(started.output).toContain(`pulled ${model}`)
  await started.destroy()
})

test('--json prints the lines of the API; what fails ends with 1 and says why', async () => {
  const { stdout } = await user.run(pull('--json'))
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: string })
  expect([lines[0], lines.at(-1)]).toEqual([{ status: 'pulling manifest' }, { status: 'success' }])
  const dead = ['pull', '127.0.0.1:1/ns/m', '--host', node.gateway]
  const failed = await user.run(dead)
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('connect: connection refused')
  expect(failed.stderr).toContain('the same command goes on where it ended')
})

test('Ctrl-C ends with 130, and the transfer with it', async () => {
  const digests = [...seed.blobs.keys()]
  await fetch(`${node.gateway}/api/delete`, { method: 'DELETE', body: JSON.stringify({ model }) })
  const sent = registry.requests.length
  registry.faults.instead = (path, request) =>
    path.includes(digests[2] ?? '') ? { status: 503 } : seedAnswer(seed, path, request)
  const started = user.startOnTerminal(pull())
  await until('the blob to be asked for', () =>
    registry.requests.slice(sent).some((line) => line.includes(digests[2] ?? '')),
  )
  started.stdin.write('\u0003')
  expect(await started.exited).toMatchObject({ code: 130 })
  await started.destroy()
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  expect((await user.run(pull())).code).toBe(0)
})
