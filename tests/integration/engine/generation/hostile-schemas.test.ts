/** Schemas that are made to stop a runner: each is answered or refused soon, and the runner goes on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
  await engine.json('/api/generate', { model: 'pocket' })
})
afterAll(() => engine.stop())

async function runnerPid(): Promise<number | undefined> {
  const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
  return runners[0]?.pid
}

const texts = { type: 'string' }
const many = <Value>(count: number, value: Value): Value[] =>
  Array.from({ length: count }, () => value)
const nested = (depth: number): object =>
  depth === 0 ? texts : { type: 'array', items: nested(depth - 1), minItems: 500 }

const patterns = [
  '^(a?){500}a{500}$',
  '^(a|a|aa|a)*(a|a)*(a|aa)*b$',
  '^.*.*.*.*.*.*.*.*.*.*x$',
  '(((.*.*)*.*)*.*)*',
  '^(.*a){200}$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^.{1500}$',
  'a.{20}$',
  `${'('.repeat(5_000)}a${')'.repeat(5_000)}`,
]

test.each<readonly [string, object]>([
  ...patterns.map((pattern) => [pattern.slice(0, 40), { type: 'string', pattern }] as const),
  ['fifty equal choices', { type: 'array', items: { anyOf: many(50, texts) } }],
  ['choices of lists', { type: 'array', items: { anyOf: many(3, { type: 'array' }) } }],
  ['objects alike', { anyOf: many(200, { type: 'object', properties: { a: texts, b: texts } }) }],
  ['long lists of long lists', nested(4)],
  ['deep', nested(70)],
  ['choices times choices', { allOf: many(4, { anyOf: many(40, texts) }) }],
  ['one that is itself', { $ref: '#' }],
  [
    'a circle',
    { $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' },
  ],
])('%s', async (_what, format) => {
  const before = await runnerPid()
  const startedMs = performance.now()
  const request = { model: 'pocket', prompt: 'aaaa', stream: false, format }
  const options = { num_predict: 40, temperature: 1, seed: 1 }
  const response = await engine.post('/api/generate', { ...request, options })
  const body = await response.json()
  if (response.status !== 200) {
    expect({ status: response.status, body }).toEqual({
      status: 500,
      body: { error: 'invalid JSON schema in format' },
    })
  }
  expect(performance.now() - startedMs).toBeLessThan(30_000) // of those that stop a runner none ever ended
  expect(await runnerPid()).toBe(before)
})
