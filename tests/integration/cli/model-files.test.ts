/** Commands that look after the files of models, on a whole node. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../../src/sys/random.ts'
import { writeRandomModel } from '../../../tools/random-gguf/random-model.ts'
import { writeRandomLora } from '../../support/lora.ts'
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
let other: NodeProcess
let user: User
let model: string

beforeAll(async () => {
  seed = await seedModel(300_000)
  registry = await startRegistryProxy()
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  model = `${registry.host}/ns/m:latest`
  ;[node, other, user] = await Promise.all([startNode(), startNode(), User.create()])
  const pulled = await run('pull', model, '--insecure')
  if (pulled.code !== 0) throw new Error(pulled.stderr)
})

afterAll(async () => {
  await Promise.all([node, other].map((one) => one?.[Symbol.asyncDispose]()))
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

/** Models of a gateway with their digests. */
async function digestsAt(gateway: string): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(`${gateway}/api/tags`)
  const { models } = (await answer.json()) as { models: { name: string; digest: string }[] }
  return new Map(models.map(({ name, digest }) => [name, digest]))
}

const listed = async () => [...(await digestsAt(node.gateway)).keys()]

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
  await run('rm', 'pocket') // which has the same weights: its registry is not on this machine
  const [weights = ''] = seed.blobs.keys()
  await flipBit(blobFile(weights), random)
  registry.faults.instead = () => ({ status: 404 })
  const failed = await run('models', 'verify')
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('are damaged and could not be fetched again')
  expect(failed.stderr).toContain(model)
  expect(failed.stderr).toContain('Pull these models again')
  // An engine that is busy is listed as it was asked last.
  await until('it is out of the lists', async () => !(await listed()).includes(model))
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
  expect((await run('pull', model, '--insecure')).code).toBe(0)
  await until('it is in the lists', async () => (await listed()).includes(model))
  const unknown = await run('models', 'verify', 'nobody')
  expect([unknown.code, unknown.stderr]).toMatchObject([
    1,
    expect.stringContaining("'nobody' not found"),
  ])
})

test('models verify: heals from a registry that wants an account with the one that the node has', async () => {
  const [weights = ''] = seed.blobs.keys()
  const basic = Buffer.from('ann:sesame').toString('base64')
  registry.faults.instead = (path, request) =>
    request.headers.authorization === `Basic ${basic}`
      ? seedAnswer(seed, path, request)
      : { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="r"' } }
  await flipBit(blobFile(weights), random)
  const failed = await run('models', 'verify', model)
  expect([failed.code, failed.stderr]).toMatchObject([1, expect.stringContaining('access denied')])
  const accounts = { auths: { [`http://${registry.host}`]: { auth: basic } } }
  const file = join(node.dataDir, 'registry-accounts.json')
  writeFileSync(file, JSON.stringify(accounts), { mode: 0o600 })
  const healed = await run('models', 'verify', model)
  expect([healed.code, healed.stdout]).toEqual([
    0,
    'looked at 4 files, 1 damaged and fetched again\n',
  ])
  registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
})

test('models export: a tar of the files, the manifest last; what is there already stays', async () => {
  const file = user.home.inside('m.tar')
  const exported = await run('models', 'export', model, file)
  expect([exported.code, exported.stdout]).toEqual([0, `exported ${model} to ${file}\n`])
  const again = await run('models', 'export', model, file)
  expect([again.code, again.stderr]).toMatchObject([
    1,
    expect.stringContaining('something is there already'),
  ])
  const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n')
  expect(names.at(-1)).toBe(`manifests/${registry.host}/ns/m/latest`)
  expect(names).toHaveLength(seed.blobs.size + 1)
})

test('models import: the same model on another node, byte for byte, under its name or another', async () => {
  const file = user.home.inside('m.tar')
  const there = (...args: readonly string[]) => user.run([...args, '--host', other.gateway])
  const imported = await there('models', 'import', file)
  expect([imported.code, imported.stdout, imported.stderr]).toEqual([0, `imported ${model}\n`, ''])
  const renamed = await there('models', 'import', file, '--name', 'mine', '--json')
  expect(JSON.parse(renamed.stdout)).toEqual({ models: ['mine:latest'] })
  const tags = await Promise.all([node.gateway, other.gateway].map(digestsAt))
  const digest = tags[0]?.get(model)
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect([tags[1]?.get(model), tags[1]?.get('mine:latest')]).toEqual([digest, digest])
  const body = JSON.stringify({
    model: 'mine',
    prompt: 'a',
    stream: false,
    options: { num_predict: 1 },
  })
  const answer = await fetch(`${other.gateway}/api/generate`, { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ done: true })
})

test('models import: a GGUF file becomes a model; what is no archive, and no file, is said', async () => {
  const weights = user.home.inside('My Weights.gguf')
  copyFileSync('assets/pocket/pocket.gguf', weights)
  const imported = await run('models', 'import', weights)
  expect([imported.code, imported.stdout, imported.stderr]).toEqual([
    0,
    'imported My-Weights\n',
    '',
  ])
  await until('it is in the lists', async () => (await listed()).includes('My-Weights:latest'))
  writeFileSync(user.home.inside('notes.txt'), 'These are no weights.')
  const wrong = await run('models', 'import', 'notes.txt')
  expect([wrong.code, wrong.stderr]).toMatchObject([
    1,
    expect.stringContaining('the archive cannot be read'),
  ])
  const absent = await run('models', 'import', 'absent.tar')
  expect([absent.code, absent.stderr]).toMatchObject([
    1,
    expect.stringContaining('there is nothing'),
  ])
})

test('create -f: weights and an adapter by their paths, brought through the gateway', async () => {
  copyFileSync('assets/pocket/pocket.gguf', user.home.inside('base.gguf'))
  writeRandomLora(user.home.inside('tune.gguf'), 'assets/pocket/pocket.gguf')
  writeFileSync(
    user.home.inside('Modelfile'),
    'FROM ./base.gguf\nADAPTER ./tune.gguf\nSYSTEM Be brief.\n',
  )
  const made = await run('create', 'tuned', '--json')
  const lines = made.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { status: string }).status)
  expect(lines.filter((line) => line === 'parsing GGUF')).toHaveLength(2)
  expect(lines.at(-1)).toBe('success')
  const shown = await run('show', 'tuned', '--modelfile')
  expect(shown.stdout).toMatch(/\nFROM .*\nADAPTER .*\n/)
})

test('create -q: the weights get smaller, and the answer says so tensor by tensor', async () => {
  const size = { layers: 1, width: 256, contextTokens: 512 }
  writeRandomModel(user.home.inside('halves.gguf'), { ...size, type: 'F16' })
  writeFileSync(user.home.inside('Modelfile'), 'FROM ./halves.gguf\n')
  const made = await run('create', 'smaller', '-q', 'q4_K_M', '--json')
  const lines = made.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { status: string; total?: number; completed?: number })
  const weights = lines.filter(({ status }) => status === 'quantizing F16 model to Q4_K_M')
  expect(weights).toHaveLength(11)
  expect(weights.at(-1)?.completed).toBe(weights[0]?.total)
  expect(lines.at(-1)).toEqual({ status: 'success' })
  const shown = await run('show', 'smaller')
  expect(shown.stdout).toMatch(/quantization +Q4_K_M\n/)
  const refused = await run('create', 'smaller', '-q', 'q9')
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('supported types are') })
  expect(refused.stderr).toContain('No model was changed by it.')
  expect(await run('create', 'smaller')).toMatchObject({ code: 0, stdout: 'created smaller\n' })
})
