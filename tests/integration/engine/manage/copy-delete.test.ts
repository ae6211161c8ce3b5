import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'
import { ask, blobFiles, modelNames, sha256 } from './manage-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})
afterAll(() => engine.stop())

const copy = (source: string, destination: string) =>
  ask(engine, 'POST', '/api/copy', { source, destination })
const remove = (model: string) => ask(engine, 'DELETE', '/api/delete', { model })
const fileOf = (text: string) => sha256(text).replace(':', '-')

describe('copy and delete', () => {
  test('S-046 (part: one engine): a copy is there at once, with the same digest', async () => {
    expect(await copy('POCKET', 'ns/second:x')).toMatchObject({
      status: 200,
      length: '0',
      text: '',
    })
    const { models } = await engine.json('/api/tags')
    const digests = (models as { digest: string }[]).map(({ digest }) => digest)
    expect(await modelNames(engine)).toEqual(['ns/second:x', 'pocket:latest'])
    expect(new Set(digests).size).toBe(1)
  })

  test('S-047 (part: one engine): a deleted model is gone, what others need of it stays', async () => {
    const made = { from: 'pocket', stream: false }
    await engine.json('/api/create', { ...made, model: 'a', system: 'only a', license: 'both' })
    await engine.json('/api/create', { ...made, model: 'b', license: 'both' })
    expect(await blobFiles(engine)).toEqual(
      expect.arrayContaining([fileOf('only a'), fileOf('both')]),
    )
    expect(await remove('A')).toMatchObject({ status: 200, length: '0', text: '' })
    expect(await modelNames(engine)).not.toContain('a:latest')
    const left = await blobFiles(engine)
    expect(left).toContain(fileOf('both'))
    expect(left).not.toContain(fileOf('only a'))
    await ask(engine, 'DELETE', '/api/delete', { name: 'b' })
    expect(await blobFiles(engine)).not.toContain(fileOf('both'))
    expect(await engine.json('/api/show', { model: 'pocket' })).toHaveProperty('details')
  })

  test('a model that is replaced leaves nothing behind', async () => {
    const made = { model: 'c', from: 'pocket', stream: false }
    await engine.json('/api/create', { ...made, system: 'the first' })
    await engine.json('/api/create', { ...made, system: 'the second' })
    const left = await blobFiles(engine)
    expect(left).toContain(fileOf('the second'))
    expect(left).not.toContain(fileOf('the first'))
  })

  test('S-043 (part: one engine): of two names of the same weights, ps shows the one that loaded them', async () => {
    await engine.json('/api/generate', { model: 'pocket', keep_alive: 0 })
    await copy('pocket', 'alias')
    await engine.json('/api/generate', { model: 'pocket', keep_alive: '5m' })
    await engine.json('/api/generate', { model: 'alias', keep_alive: '5m' })
    await engine.json('/api/generate', { model: 'alias', prompt: 'Hi', stream: false })
    const { models } = await engine.json('/api/ps')
    expect(models).toMatchObject([{ name: 'pocket:latest' }])
    await remove('alias')
    const after = await engine.json('/api/generate', {
      model: 'pocket',
      prompt: 'Hi',
      stream: false,
    })
    expect(after).toHaveProperty('done', true)
  })

  test.each<[string, object | string, number, string]>([
    ['copy', { source: 'nope:x', destination: 'd' }, 404, 'model "nope:x" not found'],
    ['copy', { source: 'pocket', destination: 'a b' }, 400, 'destination "a b" is invalid'],
    ['copy', { source: ' pocket', destination: 'd' }, 400, 'source " pocket" is invalid'],
    ['copy', {}, 400, 'source "" is invalid'],
    [
      'copy',
      { source: 1, destination: 'd' },
      400,
      'json: cannot unmarshal number into Go struct field CopyRequest.source of type string',
    ],
    ['copy', '', 400, 'missing request body'],
    ['delete', { model: 'nope' }, 404, "model 'nope' not found"],
    ['delete', { model: 'nope:local' }, 404, "model 'nope:local' not found"],
    ['delete', { model: 'a b' }, 400, 'name "a b" is invalid'],
    ['delete', {}, 400, 'model is required'],
    [
      'delete',
      { model: 'pocket:cloud:local' },
      400,
      'use either :local or :cloud, not both: "pocket:cloud:local"',
    ],
    [
      'delete',
      { model: ['a'] },
      400,
      'json: cannot unmarshal array into Go struct field DeleteRequest.model of type string',
    ],
    ['delete', '', 400, 'missing request body'],
  ])('%s of %j is refused as Ollama refuses it', async (path, body, status, error) => {
    const answer = await ask(engine, path === 'copy' ? 'POST' : 'DELETE', `/api/${path}`, body)
    expect(answer).toMatchObject({ status, type: 'application/json; charset=utf-8' })
    expect(JSON.parse(answer.text)).toEqual({ error })
    expect(await modelNames(engine)).toContain('pocket:latest')
  })
})
