/** Models that are made from one which is not here: it is pulled first, or the new one only stands for it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seedModel } from '../../../support/registry/model.ts'
import { type RegistryProxy, startRegistryProxy } from '../../../support/registry/proxy.ts'
import { seedAnswer } from '../../../support/registry/seed-answers.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, modelNames } from './manage-engine.ts'

let registry: RegistryProxy
let engine: TestEngine

beforeEach(async () => {
  registry = await startRegistryProxy()
  const mirrors = { 'registry.ollama.ai': `http://${registry.host}` }
  engine = await startTestEngine(undefined, undefined, undefined, mirrors)
})
afterEach(() => Promise.all([engine.stop(), registry.stop()]))

const statuses = async (body: object) =>
  (await engine.lines('/api/create', body)).map(({ status, error }) => status ?? { error })

describe('S-048 (part: one engine): a source that is not here', () => {
  test('is pulled first, with the lines of a pull before those of the create; both models are there', async () => {
    const seed = await seedModel()
    await ask(engine, 'DELETE', '/api/delete', { model: 'pocket' }) // or its weights are here already
    registry.faults.instead = (path, request) => seedAnswer(seed, path, request)
    const lines = await statuses({ model: 'made', from: 'far', system: 'Be brief.' })
    const [pulled, made] = [lines.slice(0, lines.indexOf('success') + 1), lines.slice(-3)]
    expect(pulled[0]).toBe('pulling manifest')
    expect(pulled.slice(-3)).toEqual(['verifying sha256 digest', 'writing manifest', 'success'])
    expect(made).toEqual([expect.stringMatching(/^creating new /), 'writing manifest', 'success'])
    expect((await modelNames(engine)).toSorted()).toEqual(['far:latest', 'made:latest'])
    const asked = { model: 'made', prompt: 'Hello!', stream: false }
    expect(await engine.json('/api/generate', asked)).toMatchObject({ done: true })
  })

  test('is not asked for when it is here', async () => {
    expect((await statuses({ model: 'made', from: 'pocket' })).at(-1)).toBe('success')
    expect(registry.requests).toEqual([])
  })

  test('that cannot be had is told in the words of the pull, and nothing is made', async () => {
    const from = '127.0.0.1:1/ns/absent'
    const error = `pull model manifest: Get "https://${from.replace('/', '/v2/')}/manifests/latest": dial tcp 127.0.0.1:1: connect: connection refused`
    expect(await statuses({ model: 'made', from })).toEqual(['pulling manifest', { error }])
    const whole = await ask(engine, 'POST', '/api/create', { model: 'made', from, stream: false })
    expect([whole.status, JSON.parse(whole.text)]).toEqual([500, { error }])
    expect(await modelNames(engine)).toEqual(['pocket:latest'])
  })
})

describe('a name for a model of another server', () => {
  const off = (what: string) => ({ error: `ollama cloud is disabled: ${what}` })

  test('is made without asking anybody, is listed with that server, and cannot be used while the cloud is off', async () => {
    const stub = { model: 'stub', from: 'big:70b', remote_host: 'gpu-box', system: 'Be brief.' }
    const lines = await statuses(stub)
    expect(lines.slice(-2)).toEqual(['writing manifest', 'success'])
    const { models } = (await engine.json('/api/tags')) as { models: Record<string, unknown>[] }
    expect(models.find(({ name }) => name === 'stub:latest')).toMatchObject({
      remote_model: 'big:70b',
      remote_host: 'http://gpu-box:11434',
      details: { format: '', families: null },
    })
    const answers = [
      ['/api/chat', { model: 'stub', messages: [] }, 403, off('remote model is unavailable')],
      ['/api/generate', { model: 'stub' }, 403, off('remote model is unavailable')],
      ['/api/show', { model: 'stub' }, 403, off('remote model details are unavailable')],
      [
        '/api/embed',
        { model: 'stub', input: 'x' },
        404,
        { error: 'model "stub" not found, try pulling it first' },
      ],
    ] as const
    for (const [path, body, status, error] of answers) {
      const answer = await ask(engine, 'POST', path, body)
      expect([answer.status, JSON.parse(answer.text)], path).toEqual([status, error])
    }
    expect(registry.requests).toEqual([])
  })

  test('of Ollama’s cloud needs no server beside it; copies and models made of it stand for the same, and it can be deleted', async () => {
    await statuses({ model: 'stub', from: 'big:70b:cloud' })
    await statuses({ model: 'child', from: 'stub', system: 'Be brief.' })
    await ask(engine, 'POST', '/api/copy', { source: 'stub', destination: 'copy' })
    await ask(engine, 'DELETE', '/api/delete', { model: 'stub' })
    const { models } = (await engine.json('/api/tags')) as { models: Record<string, unknown>[] }
    const remote = { remote_model: 'big:70b', remote_host: 'https://ollama.com:443' }
    const stubs = models.filter(({ name }) => name !== 'pocket:latest')
    expect(new Set(stubs.map(({ name }) => name))).toEqual(new Set(['child:latest', 'copy:latest']))
    for (const stub of stubs) expect(stub).toMatchObject(remote)
  })
})
