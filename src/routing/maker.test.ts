import { expect, test } from 'vitest'
import type { EngineView } from '../core/engine.ts'
import { canonicalName, parseModelName } from '../core/model-name.ts'
import { chooseMaker } from './index.ts'

/** An engine with some models, and files by one letter each. */
interface Stock {
  readonly models?: readonly string[]
  readonly blobs?: string
}

function choose(
  stocks: Readonly<Record<string, Stock>>,
  wanted: { from?: string; model?: string; blobs?: string },
) {
  const engines = Object.entries(stocks).map(
    ([id, { models = [] }]): EngineView => ({
      id,
      kind: 'adopted',
      url: `http://127.0.0.1:1/${id}`,
      managed: false,
      state: 'running',
      sinceMs: 0,
      reason: 'answers',
      models: models.map((name) => ({ name, digest: 'd', modified_at: '' })),
      loaded: [],
      activeRequests: 0,
    }),
  )
  const held = new Map(Object.entries(stocks).map(([id, { blobs = '' }]) => [id, new Set(blobs)]))
  const canonical = (text: string) => {
    const name = parseModelName(text)
    return name === undefined ? '' : canonicalName(name)
  }
  return chooseMaker({
    engines,
    held,
    blobs: Array.from(wanted.blobs ?? ''),
    ...(wanted.from === undefined ? {} : { from: canonical(wanted.from) }),
    ...(wanted.model === undefined ? {} : { model: canonical(wanted.model) }),
  })
}

const orderOf = (choice: ReturnType<typeof choose>) =>
  choice.type === 'makers' ? choice.order : choice.type

test('only those that have all that is there at all can make it', () => {
  const stocks = { one: { blobs: 'a' }, two: { blobs: 'ab' }, three: { blobs: 'abc' } }
  expect(orderOf(choose(stocks, { blobs: 'ab' }))).toEqual(['two', 'three'])
  expect(orderOf(choose(stocks, { blobs: 'ax' }))).toEqual(['one', 'two', 'three'])
  expect(orderOf(choose(stocks, { blobs: 'x' }))).toEqual(['one', 'two', 'three'])
})

test('the model to start from and the files must be on one engine', () => {
  const stocks = { one: { models: ['base:latest'] }, two: { blobs: 'a' } }
  expect(orderOf(choose(stocks, { from: 'Base' }))).toEqual(['one'])
  expect(orderOf(choose(stocks, { from: 'base', blobs: 'a' }))).toBe('apart')
  expect(orderOf(choose(stocks, { from: 'other', blobs: 'a' }))).toEqual(['two'])
})

test('of equal ones that comes first which has the name already', () => {
  const stocks = { one: {}, two: { models: ['new:latest'] } }
  expect(choose(stocks, { model: 'new', from: 'other' })).toEqual({
    type: 'makers',
    order: ['two', 'one'],
    reason: 'nobody has what is needed',
  })
})

test('no engine is no maker', () => {
  expect(orderOf(choose({}, { blobs: 'a' }))).toEqual([])
})
