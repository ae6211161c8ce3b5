/** Commands that look after the files of models, on a whole node. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { type NodeProcess, startNode } from '../../support/node-process.ts'
import { digestOf, type SeedModel, seedModel } from '../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../support/registry/proxy.ts'
import { flipBit } from '../../support/registry/rot.ts'
import { seedAnswer } from '../../support/registry/seed-answers.ts'
import { until } from '../../support/until.ts'
import { listen } from '../node/event-reader.ts'
import { User } from './command-line.ts'

const random = seededRandom(10)
let seed: SeedModel
let registry: RegistryProxy
let node: NodeProcess
let user: User
let model: string

beforeAll(async () => {
  seed = await seedModel(300_000)
  registry = await startRegistryProxy()
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  model = `${registry.host}/ns/m:latest`
  ;[node, user] = await Promise.all([startNode(), User.create()])
  const pulled = await run('pull', model, '--insecure')
  if (pulled.code !== 0) throw new Error(pulled.stderr)
})

afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  await Promise.all([registry?.stop(), user?.remove()])
})

const run = (...args: readonly string[]) => user.run([...args, '--host', node.gateway])

/** Where the node has that blob. */
function blobFile(digest: string): string {
  const files = readdirSync(node.dataDir, { recursive: true, withFileTypes: true })
  const file = files.find(({ name }) => name === digest.replace(':', '-'))
  if (file === undefined) throw new Error(`${digest} is not there`)
  return join(file.parentPath, file.name)
}

async function listed(): Promise<readonly string[]> {
  const answer = await fetch(`${node.gateway}/api/tags`)
  return ((await answer.json()) as { models: { name: string }[] }).models.map(({ name }) => name)
}

test('models verify: says how much it has looked at, heals what has rotted, and tells so as an event', async () => {
  const events = await listen(node.gateway)
  const sound = await run('models', 'verify')
  expect([sound.code, sound.stderr]).toEqual([0, ''])
  expect(sound.stdout).toMatch(/^looked at \d+ files, all sound\n$/)
  const [weights = ''] = seed.blobs.keys()
  const file = blobFile(weights)
  await flipBit(file, random)
  const healed = await run('models', 'verify', model)
  expect([healed.code, healed.stdout]).toEqual([
    0,
    'looked at 4 files, 1 damaged and fetched again\n',
  ])
  expect(digestOf(readFileSync(file))).toBe(weights)
  await until('the event', () => {
    const told = events().find(({ type }) => type === 'model.healed')
    return told !== undefined && JSON.stringify(told).includes(`"models":["${model}"]`)
  })
  const pocket = await run('models', 'verify', 'pocket', '--json')
  expect(JSON.parse(pocket.stdout)).toMatchObject({ action: 'verify', state: 'succeeded' })
})

test('models verify: names the models whose files no registry has, which are out of the lists until they are pulled again', async () => {
  const [weights = ''] = seed.blobs.keys()
  await flipBit(blobFile(weights), random)
  registry.faults.instead = () => ({ status: 404 })
  const failed = await run('models', 'verify')
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('are damaged and could not be fetched again')
  expect(failed.stderr).toContain(model)
  expect(failed.stderr).toContain('Pull these models again')
  expect(await listed()).not.toContain(model)
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  expect((await run('pull', model, '--insecure')).code).toBe(0)
  expect(await listed()).toContain(model)
  const unknown = await run('models', 'verify', 'nobody')
  expect([unknown.code, unknown.stderr]).toMatchObject([
    1,
    expect.stringContaining("'nobody' not found"),
  ])
})
