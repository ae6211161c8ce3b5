import { describe, expect, test } from 'vitest'
import type { EngineView } from '../../core/engine.ts'
import { makeAdvert, readAdvert } from './advert.ts'
import { limits } from './limits.ts'

const digestOf = (i: number) => i.toString(16).padStart(64, '0')
const listing = (name: string, digest: string) => ({
  name,
  digest,
  modified_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-01-01T00:00:00Z',
})

function engine(id: string, has: Partial<EngineView> = {}): EngineView {
  return {
    id,
    kind: 'adopted',
    url: 'http://127.0.0.1:11434',
    managed: false,
    state: 'running',
    sinceMs: 0,
    reason: 'answers',
    version: '0.24.0',
    models: [],
    loaded: [],
    activeRequests: 0,
    ...has,
  }
}

const models = (count: number) =>
  Array.from({ length: count }, (_, i) => listing(`model-${i}:latest`, digestOf(i * 7_919)))

describe('what a node says of its engines', () => {
  test('is read as it was said, each model once for all engines', () => {
    const [first, second] = [
      listing('a:latest', digestOf(1)),
      listing('b:latest', `sha256:${digestOf(2)}`),
    ]
    const said = makeAdvert([
      engine('one', { models: [first, second], loaded: [second], slots: 4, queuedRequests: 3 }),
      engine('two', { models: [first], activeRequests: 2 }),
    ])
    const read = readAdvert(JSON.parse(JSON.stringify(said)))
    expect(read).toEqual({ ...said, isCut: undefined })
    expect(read?.models).toEqual([
      ['b:latest', digestOf(2).slice(0, 12)],
      ['a:latest', digestOf(1).slice(0, 12)],
    ])
    expect(read?.engines).toMatchObject([
      { id: 'one', models: [1, 0], loaded: [0], slots: 4, queued: 3, active: 0 },
      { id: 'two', models: [1], loaded: [], active: 2, queued: 0 },
    ])
  })

  test('fits with 180 models; of more it says that there are more, and loaded ones stay', () => {
    expect(makeAdvert([engine('one', { models: models(180) })]).isCut).toBeUndefined()
    const many = models(900)
    const loaded = many.slice(-1)
    const said = makeAdvert([engine('one', { models: many, loaded })])
    expect(said.isCut).toBe(true)
    expect(said.models.length).toBeGreaterThan(150)
    expect(said.models[0]?.[0]).toBe(loaded[0]?.name)
    expect(said.engines[0]?.loaded).toEqual([0])
    expect(Buffer.byteLength(JSON.stringify(said))).toBeLessThanOrEqual(limits.advertBytesMax)
  })

  test('fits with the most engines of the longest names too', () => {
    const name = (i: number) => `${i}-${'x'.repeat(60)}`.slice(0, 64)
    const url = `http://${'h'.repeat(180)}:11434`
    const many = Array.from({ length: 64 }, (_, i) => engine(name(i), { url, models: models(30) }))
    const said = makeAdvert(many)
    expect(said.isCut).toBe(true)
    expect(Buffer.byteLength(JSON.stringify(said))).toBeLessThanOrEqual(limits.advertBytesMax)
    expect(said.engines.length).toBeGreaterThan(20)
  })
})

describe('what another node may send instead', () => {
  const said = makeAdvert([engine('one', { models: models(2) })])
  const [one] = said.engines

  test.each([
    ['nothing', undefined],
    ['a text', 'engines'],
    ['a list', []],
    ['models that are no pairs', { ...said, models: ['a:latest'] }],
    ['more engines than a node has', { ...said, engines: Array(65).fill(one) }],
    ['more models than fit', { ...said, models: Array.from({ length: 2_001 }, () => ['a', 'b']) }],
  ])('%s is no word of engines', (_, value) => {
    expect(readAdvert(value)).toBeUndefined()
  })

  test.each([
    ['a name that is a path', { id: '../x' }],
    ['the name of an engine of a third node', { id: 'a@b' }],
    ['a state that nobody knows', { state: 'dancing' }],
    ['a load below nothing', { active: -1 }],
    ['an address that is none', { url: 'x' }],
    ['numbers that are none', { queued: null }],
  ])('%s leaves that engine out, and no other', (_, wrong) => {
    const read = readAdvert({ ...said, engines: [{ ...one, ...wrong }, one] })
    expect(read?.engines.map(({ id }) => id)).toEqual(['one'])
  })

  test('places beyond the list of models lead nowhere', () => {
    const read = readAdvert({ ...said, engines: [{ ...one, models: [0, 2, 9], loaded: [1, 7] }] })
    expect(read?.engines[0]).toMatchObject({ models: [0], loaded: [1] })
  })
})
