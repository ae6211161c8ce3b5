import { expect, test } from 'vitest'
import { encodeFullList, readFullList } from './full-list.ts'

const entry = { name: 'a:latest', model: 'a:latest', modified_at: 't', size: 1, digest: 'd' }
const engine = {
  id: 'one',
  kind: 'adopted',
  url: 'http://127.0.0.1:1',
  managed: false,
  state: 'running',
  sinceMs: 0,
  reason: '',
  models: [entry],
  loaded: [{ name: 'a:latest', model: 'a:latest', size: 1, digest: 'd', expires_at: 't' }],
  activeRequests: 0,
} as const

const read = (engines: readonly object[]) =>
  readFullList(Buffer.from(JSON.stringify({ engines })), 'other')

test('S-042 (part: models of another node keep their keys in order): a list comes as it was told', () => {
  const [got] = readFullList(Buffer.from(encodeFullList([engine])), 'other') ?? []
  expect(JSON.stringify(got?.models)).toBe(JSON.stringify(engine.models))
  expect(JSON.stringify(got?.loaded)).toBe(JSON.stringify(engine.loaded))
})

test.each([
  ['a model without a name', { ...engine, models: [{ digest: 'd', modified_at: 't' }] }],
  ['a model that is no object', { ...engine, loaded: ['a:latest'] }],
])('an engine with %s is left out', (_, wrong) => {
  expect(read([wrong, engine])).toHaveLength(1)
})
