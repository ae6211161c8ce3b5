/** What only the node may ask of its engine. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prefixHashes } from '../../../src/engine/runner/prefix-hashes.ts'
import { drawFrom } from '../../support/schemas/draw.ts'
import { until } from '../../support/until.ts'
import { hookKey, startTestEngine, type TestEngine } from './test-engine.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
  await engine.makeThinker()
})
afterAll(() => engine.stop())

const headers = { 'x-od-hook-key': hookKey }
const hook = (path: string, body?: object) =>
  fetch(engine.url + path, {
    headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })

interface Group {
  readonly tokens: readonly number[]
  readonly lines: readonly Record<string, unknown>[]
}

/** The answer of the hook: the seed, and groups of tokens with the lines that they brought. */
async function resumed(body: object): Promise<{ seed: number; groups: Group[] }> {
  const text = await (await hook('/api/od/resume', body)).text()
  const [first, ...groups] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Group & { seed: number })
  if (first?.seed === undefined) throw new Error(text)
  return { seed: first.seed, groups }
}

const untilEmpty = () =>
  until('nothing is in memory', async () => {
    const { runners } = (await engine.json('/api/od/runners')) as { runners: unknown[] }
    return runners.length === 0
  })

/** What stays equal from run to run. */
const told = (groups: readonly Group[]) =>
  groups.map(({ tokens, lines }) => ({
    tokens,
    lines: lines.map((line) => {
      const { created_at: _, message, ...rest } = line
      const calls = (message as { tool_calls?: { function: unknown }[] } | undefined)?.tool_calls
      const said = calls === undefined ? message : calls.map((call) => call.function)
      const durations = Object.keys(rest).filter((key) => key.endsWith('_duration'))
      for (const key of durations) delete rest[key]
      return { ...rest, said }
    }),
  }))

const schema = {
  type: 'object',
  properties: { capital: { enum: ['Lima', 'Rome'] }, size: { type: 'integer', maximum: 99 } },
  required: ['capital', 'size'],
}
const tool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: '',
    parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
  },
}
const user = (content: string) => ({ messages: [{ role: 'user', content }] })
const warm = { options: { temperature: 1.5, top_k: 0, top_p: 1, num_predict: 80 } }

const requests: Record<string, { route: string; request: object }> = {
  'a chat': {
    route: 'chat',
    request: { model: 'pocket', ...user('Why is the sky blue?'), ...warm },
  },
  'a text with a stop string': {
    route: 'generate',
    request: {
      model: 'pocket',
      prompt: 'Count to 30.',
      options: { stop: ['seven', '1, 2, 3, 4, 5, 6, 7, 8'] },
    },
  },
  'an answer in a form': {
    route: 'chat',
    request: { model: 'pocket', ...user('Ida'), ...warm, format: schema },
  },
  'a call of a tool': {
    route: 'chat',
    request: { model: 'pocket', ...user('What is the weather in Paris?'), tools: [tool] },
  },
  'a thought and its answer': {
    route: 'chat',
    request: { model: 'pocket:think', ...user('What is the capital of Peru?'), ...warm },
  },
  'a thought, then a form': {
    route: 'chat',
    request: {
      model: 'pocket:think',
      ...user('What is the capital of Peru?'),
      ...warm,
      format: schema,
    },
  },
  'characters of several tokens': {
    route: 'generate',
    request: { model: 'pocket', prompt: 'Smile.', format: { const: '😀é😀漢' } },
  },
}

describe('an answer that is resumed behind any of its lines', () => {
  test.each(Object.entries(requests))('says the rest to the letter: %s', async (_title, asked) => {
    // Each time with an empty memory: the order in which tokens lie in it changes the last bits of what is computed. Whether they were
    // computed together or one by one does so too, which turns one of some thousand draws at random: so another answer may be tried.
    const request = JSON.stringify({ ...asked.request, keep_alive: 0 })
    const body = { route: asked.route, request }
    const resumeTwice = async () => {
      await untilEmpty()
      const { seed, groups } = await resumed({ ...body, tokens: [] })
      expect(groups.at(-1)?.lines.at(-1)).toMatchObject({ done: true })
      const draw = drawFrom(groups.length)
      for (let cut = 0; cut < 2; cut++) {
        const count = draw.below(groups.length)
        const tokens = groups.slice(0, count).flatMap((group) => group.tokens)
        await untilEmpty()
        const rest = await resumed({ ...body, tokens, seed })
        expect(rest.seed).toBe(seed)
        expect(told(rest.groups)).toEqual(told(groups.slice(count)))
      }
    }
    await resumeTwice().catch(resumeTwice).catch(resumeTwice)
  })

  test('is the answer that a client gets, line for line', async () => {
    const request = { model: 'pocket', ...user('Why is the sky blue?'), options: { seed: 4 } }
    const { groups, seed } = await resumed({
      route: 'chat',
      request: JSON.stringify(request),
      tokens: [],
    })
    expect(seed).toBe(4)
    const lines = await engine.lines('/api/chat', request)
    const said = (all: readonly Record<string, unknown>[]) =>
      all.map(({ message, done }) => ({ message, done }))
    expect(said(groups.flatMap((group) => group.lines))).toEqual(said(lines))
  })

  test('without a seed of anybody’s each answer is another, and tells its own', async () => {
    const request = { model: 'pocket', ...user('Tell me a story.'), ...warm }
    const body = { route: 'chat', request: JSON.stringify(request), tokens: [] }
    const [one, other] = [await resumed(body), await resumed(body)]
    expect(one.seed).not.toBe(other.seed)
    expect(told(one.groups)).not.toEqual(told(other.groups))
  })
})

test('tokens that cannot be of the answer are refused by name, and so is what is no request', async () => {
  const request = JSON.stringify({ model: 'pocket', ...user('Ida'), format: schema })
  const foreign = await hook('/api/od/resume', { route: 'chat', request, tokens: [5, 6, 7] })
  expect(foreign.status).toBe(409)
  expect(await foreign.text()).toContain('the answer cannot be resumed: a token is not of the form')
  for (const bad of [
    {},
    { route: 'embed', request, tokens: [] },
    { route: 'chat', request, tokens: [-2] },
  ]) {
    const response = await hook('/api/od/resume', bad)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('does not understand')
  }
})

interface Slot {
  readonly slot: number
  readonly busy: boolean
  readonly tokens: number
  readonly idleMs?: number
  readonly prefixHashes: readonly string[]
}

async function slotsOf(): Promise<{ weights: string; slots: Slot[] }> {
  const { models } = (await (await hook('/api/od/slots')).json()) as {
    models: { weights: string; slots: Slot[] }[]
  }
  const [only] = models
  if (only === undefined || models.length > 1) throw new Error('there is not one model')
  return only
}

test('slots tell what they hold, and hashes name it', async () => {
  const prompt = 'river sea stone '.repeat(60)
  const request = { model: 'pocket', template: '{{ .Prompt }}', prompt, stream: false }
  await engine.json('/api/generate', { model: 'pocket', keep_alive: 0 })
  const answer = await engine.json('/api/generate', { ...request, options: { num_predict: 1 } })
  const { weights, slots } = await slotsOf()
  expect(weights).toMatch(/^[0-9a-f]{64}$/)
  expect(slots).toHaveLength(4)
  const tokens = (answer['context'] as number[]).slice(0, Number(answer['prompt_eval_count']) - 1)
  const names = prefixHashes([0, ...tokens], weights) // a context is without the token that begins every prompt
  expect(names.length).toBeGreaterThan(1)
  const holder = slots.find(({ prefixHashes: [first] }) => first === names[0])
  expect(holder).toMatchObject({
    busy: false,
    tokens: answer['prompt_eval_count'],
    prefixHashes: names,
  })
  expect(holder?.idleMs).toBeLessThan(60_000)
  expect(slots.some(({ tokens: count, idleMs }) => count === 0 && idleMs === undefined)).toBe(true)
})

test('a slot in which an answer is made is busy', async () => {
  const request = {
    model: 'pocket',
    prompt: 'Tell me a long story.',
    options: { num_predict: 4_000, temperature: 0 },
    format: { type: 'array', items: { type: 'string' }, minItems: 900 },
  }
  const client = new AbortController()
  const stream = await fetch(`${engine.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify(request),
    signal: client.signal,
  })
  await stream.body?.getReader().read()
  const busy = (await slotsOf()).slots.filter((slot) => slot.busy)
  expect(busy).toMatchObject([{ idleMs: 0 }])
  expect(busy[0]?.tokens).toBeGreaterThan(5)
  client.abort()
  await until('the slot is free', async () => (await slotsOf()).slots.every((slot) => !slot.busy))
})

test.each(['/api/od/resume', '/api/od/slots'])('%s is not there without the key', async (path) => {
  const method = path.endsWith('slots') ? 'GET' : 'POST'
  for (const key of [undefined, '', 'wrong', `${hookKey}x`]) {
    const shown = key === undefined ? {} : { 'x-od-hook-key': key }
    const response = await fetch(engine.url + path, { method, headers: shown })
    expect(response.status).toBe(404)
    expect(await response.text()).toBe('404 page not found')
  }
})
