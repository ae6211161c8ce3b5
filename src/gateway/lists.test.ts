import { describe, expect, test } from 'vitest'
import type { EngineView } from '../core/engine.ts'
import { lowestVersion, unionLoaded, unionTags } from './lists.ts'

function engine(id: string, facts: Partial<EngineView>): EngineView {
  return {
    id,
    kind: 'adopted',
    url: 'http://127.0.0.1:1',
    managed: false,
    state: 'running',
    sinceMs: 0,
    reason: 'answers',
    models: [],
    loaded: [],
    activeRequests: 0,
    ...facts,
  }
}

const listing = (name: string, time: string, digest = 'd') => ({ name, digest, modified_at: time })

describe('tags', () => {
  test('each name once with its newest version, whatever order the engines stand in', () => {
    const older = listing('m:1', '2026-01-01T00:00:00.123456789Z', 'older')
    const newer = listing('m:1', '2026-01-01T02:00:00+01:00', 'newer')
    for (const views of [
      [engine('a', { models: [older] }), engine('b', { models: [newer] })],
      [engine('b', { models: [newer] }), engine('a', { models: [older] })],
    ]) {
      expect(unionTags(views)).toEqual({ models: [newer] })
    }
  })

  test('newest first; equal times by name, so that the order stays', () => {
    const models = [
      listing('b:1', '2026-01-01T00:00:00Z'),
      listing('a:1', '2026-01-01T00:00:00Z'),
      listing('broken:1', 'yesterday'),
      listing('new:1', '2026-01-01T00:00:01Z'),
    ]
    const names = unionTags([engine('a', { models })]).models.map(({ name }) => name)
    expect(names).toEqual(['new:1', 'a:1', 'b:1', 'broken:1'])
  })

  test('fields that we do not know are kept as they came, in their order', () => {
    const odd = { ...listing('m:1', ''), details: { families: null }, remote_host: 'x' }
    expect(JSON.stringify(unionTags([engine('a', { models: [odd] })]).models[0])).toBe(
      JSON.stringify(odd),
    )
  })
})

test('ps: node and engine stand at the end of each entry', () => {
  const loaded = [{ name: 'm:1', digest: 'd', expires_at: '2026-01-01T00:00:00Z', size_vram: 1 }]
  const { models } = unionLoaded([engine('a', { loaded })], {
    nodeId: 'node-1',
    namesPlaces: true,
  })
  expect(Object.keys(models[0] ?? {}).slice(-2)).toEqual(['node', 'engine'])
  expect(models[0]).toMatchObject({ ...loaded[0], node: 'node-1', engine: 'a' })
})

describe('the lowest version', () => {
  test.each([
    [['0.33.0', '0.24.0'], '0.24.0'],
    [['0.9.10', '0.10.1'], '0.9.10'],
    [['0.33.0', '0.33.0-rc2'], '0.33.0-rc2'],
    [['0.33.0-rc10', '0.33.0-rc2'], '0.33.0-rc2'],
    [['0.0.0'], '0.0.0'],
    [[], undefined],
  ])('of %j is %s', (versions, lowest) => {
    const views = versions.map((version) => engine('e', { version }))
    expect(lowestVersion([...views, engine('unknown', {})])).toBe(lowest)
  })
})
