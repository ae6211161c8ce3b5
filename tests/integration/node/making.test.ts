import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

const pocketFile = 'assets/pocket/pocket.gguf'
const sha256 = (bytes: Uint8Array | string) =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

let ollama: FakeOllama
let node: RunningNode
let pocket: string
beforeAll(async () => {
  ollama = await startFakeOllama()
  node = await startRunningNode({ args: ['--ollama-port', String(ollama.port)] })
  pocket = sha256(await readFile(pocketFile))
})
afterAll(async () => {
  await node.stop()
  await ollama.stop()
})

const blob = (method: string, digest: string, body?: string) =>
  fetch(`${node.gateway}/api/blobs/${digest}`, { method, body: body ?? null })

const remove = (model: string) =>
  fetch(`${node.gateway}/api/delete`, { method: 'DELETE', body: JSON.stringify({ model }) })

async function namesAt(origin: string): Promise<string[]> {
  const { models } = (await (await fetch(`${origin}/api/tags`)).json()) as {
    models: { name: string }[]
  }
  return models.map(({ name }) => name)
}

/** Names of the models that each engine says it has, asked on its own port. */
async function namesByEngine(): Promise<{ local: string[]; embedded: string[] }> {
  const { url } = await node.embedded()
  return { local: await namesAt(ollama.url), embedded: await namesAt(url) }
}

/** Makes a model through the gateway; the engine that made it. */
async function create(model: string, digest: string): Promise<string | null> {
  const files = { 'm.gguf': digest }
  const answer = await node.post('/api/create', { model, files })
  const lines = (await answer.text()).trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ status: 'success' })
  return answer.headers.get('x-od-engine')
}

describe('a node with an adopted Ollama and the embedded engine', () => {
  test('S-049 (part: one node): upload and create meet on one engine, 20 of 20', async () => {
    for (let i = 0; i < 10; i++) {
      const file = `a file for model ${i}`
      const digest = sha256(file)
      expect((await blob('HEAD', digest)).status).toBe(404)
      const uploaded = await blob('POST', digest, file)
      expect([uploaded.status, uploaded.headers.get('x-od-engine')]).toEqual([201, 'local'])
      expect((await blob('HEAD', digest)).status).toBe(200)
      expect(await create(`new-${i}`, digest)).toBe('local')
      // The weights of the bundled model are on the embedded engine alone, so nobody needs to send them.
      expect((await blob('HEAD', pocket)).status).toBe(200)
      expect(await create(`more-${i}`, pocket)).toBe('embedded')
      expect(await namesAt(node.gateway)).toEqual(
        expect.arrayContaining([`new-${i}:latest`, `more-${i}:latest`]),
      )
    }
    const { local, embedded } = await namesByEngine()
    expect(local.filter((name) => name.startsWith('new-'))).toHaveLength(10)
    expect(embedded.filter((name) => name.startsWith('more-'))).toHaveLength(10)
    const said = await node.post('/api/generate', { model: 'more-7', prompt: 'Hi', stream: false })
    expect(await said.json()).toMatchObject({ done: true })
  })

  test('S-048 (part: one node): a create from a model goes to the engine that has it', async () => {
    for (const [from, engine] of [
      ['tiny', 'local'],
      ['pocket', 'embedded'],
    ]) {
      const model = `from-${from}`
      const made = await node.post('/api/create', {
        model,
        from,
        system: 'Be brief.',
        stream: false,
      })
      expect([made.status, made.headers.get('x-od-engine')]).toEqual([200, engine])
      expect(await made.json()).toEqual({ status: 'success' })
      const shown = await (await node.post('/api/show', { model })).json()
      expect(shown).toMatchObject({ system: 'Be brief.' })
    }
  })

  test('S-046 (part: one node), S-047 (part: one node): copy and delete reach every holder', async () => {
    const digest = sha256('both')
    await blob('POST', digest, 'both')
    await create('both', digest)
    const { url } = await node.embedded()
    const body = JSON.stringify({ source: 'pocket', destination: 'both' })
    expect((await fetch(`${url}/api/copy`, { method: 'POST', body })).status).toBe(200)

    const copied = await node.post('/api/copy', { source: 'both', destination: 'twin:v1' })
    expect([copied.status, copied.headers.get('x-od-engine')]).toEqual([200, 'local, embedded'])
    expect(await namesAt(node.gateway)).toContain('twin:v1')
    const after = await namesByEngine()
    expect([after.local, after.embedded].map((names) => names.includes('twin:v1'))).toEqual([
      true,
      true,
    ])

    expect((await remove('twin:v1')).status).toBe(200)
    expect(await namesAt(node.gateway)).not.toContain('twin:v1')
    const { local, embedded } = await namesByEngine()
    expect([...local, ...embedded]).not.toContain('twin:v1')
  })

  test('what nobody has is refused in Ollama’s words', async () => {
    const copied = await node.post('/api/copy', { source: 'nope', destination: 'x' })
    expect([copied.status, await copied.json()]).toEqual([404, { error: 'model "nope" not found' }])
    const removed = await remove('nope')
    expect([removed.status, await removed.json()]).toEqual([
      404,
      { error: "model 'nope' not found" },
    ])
  })

  test('a model is made on one engine, and deleted where it is alone', async () => {
    const removed = await remove('more-3')
    expect([removed.status, removed.headers.get('x-od-engine')]).toEqual([200, 'embedded'])
    expect(await namesAt(node.gateway)).not.toContain('more-3:latest')
  })
})

test('S-046 (part: one node): a holder that is gone is named, and the others are changed', async () => {
  const other = await startFakeOllama({ models: [{ name: 'pocket' }] })
  const two = await startRunningNode({ args: ['--ollama-port', String(other.port)] })
  await other.kill()
  await until('it is known to be gone', async () =>
    (await two.instances()).some(({ kind, state }) => kind === 'adopted' && state === 'unhealthy'),
  )
  const answer = await two.post('/api/copy', { source: 'pocket', destination: 'copy' })
  expect([answer.status, await answer.json()]).toEqual([
    502,
    { error: 'done on embedded, but not on local (not reached)' },
  ])
  expect(await namesAt(two.gateway)).toContain('copy:latest')
  await two.stop()
})
