/** What is asked of every client that has a call for it. */
import { expect } from 'vitest'
import { type Calls, errorOf, type Tool } from './client.ts'
import type { Ground } from './ground.ts'

export interface Behaviour<Outcome = unknown> {
  readonly name: keyof Calls
  readonly title: string
  /** Asks; equal outcomes through the gateway and without it are what is wanted. */
  readonly ask: (calls: Calls, ground: Ground) => Promise<Outcome>
  /** What the outcome must be where the fake answers. */
  readonly fromFake: (outcome: Outcome) => void
  /** What it must be where `pocket` answers; absent where it is as with the fake. */
  readonly fromPocket?: (outcome: Outcome) => void
}

const question = 'What is the capital of France?'
const allTokens = 't0 t1 t2 t3 t4 t5'
const capital = 'The capital of France is Paris.'

const weather: Tool = {
  name: 'get_weather',
  description: 'Tells the weather in a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', description: 'the city', enum: ['Paris', 'Rome'] } },
    required: ['city'],
  },
}

const called = { call: { name: weather.name, arguments: { city: 'Paris' } } }
const raining = 'It is raining in Paris.'

const schema = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Paris'] }, sure: { type: 'boolean' } },
  required: ['city', 'sure'],
}

/** One red pixel. */
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='

/** A head without samples. */
const wav = Buffer.from('RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0data\0\0\0\0').toString('base64')

function behaviour<Outcome>(row: Behaviour<Outcome>): Behaviour {
  return row as Behaviour
}

/** A call that the table's user has seen to be there. */
function there<Call>(call: Call | undefined): Call {
  if (call === undefined) throw new Error('the client has no such call')
  return call
}

export const behaviours: readonly Behaviour[] = [
  behaviour({
    name: 'generate',
    title: 'a prompt is completed',
    ask: async ({ generate }) => await there(generate)(question),
    fromFake: (text) => expect(text).toBe(allTokens),
    fromPocket: (text) => expect(text).toBe(capital),
  }),
  behaviour({
    name: 'chat',
    title: 'a question is answered',
    ask: async ({ chat }) => await there(chat)(question),
    fromFake: (text) => expect(text).toBe(allTokens),
    fromPocket: (text) => expect(text).toBe(capital),
  }),
  behaviour({
    name: 'stream',
    title: 'and streamed, every token once and in order',
    ask: async ({ stream }) => (await there(stream)(question)).filter((piece) => piece !== ''),
    fromFake: (pieces) => expect(pieces).toEqual(['t0', ' t1', ' t2', ' t3', ' t4', ' t5']),
    fromPocket(pieces) {
      expect(pieces.join('')).toBe(capital)
      expect(pieces.length).toBeGreaterThan(3)
    },
  }),
  behaviour({
    name: 'tools',
    title: 'a tool is called, and its result is heard',
    ask: async ({ tools }, { weatherQuestion }) =>
      await there(tools)(weatherQuestion, weather, 'rain'),
    fromFake: (use) => expect(use).toEqual({ ...called, text: allTokens }),
    fromPocket: (use) => expect(use).toEqual({ ...called, text: raining }),
  }),
  behaviour({
    name: 'loop',
    title: 'and its own loop does both',
    ask: async ({ loop }, { weatherQuestion }) =>
      await there(loop)(weatherQuestion, weather, 'rain'),
    fromFake: (use) => expect(use).toEqual({ ...called, text: allTokens }),
    fromPocket: (use) => expect(use).toEqual({ ...called, text: raining }),
  }),
  behaviour({
    name: 'image',
    title: 'an image comes with the question, byte for byte',
    async ask({ image }, { fake }) {
      const text = await there(image)('What is this?', png)
      const sent = await fake?.requests()
      return { text, isSent: sent?.at(-1)?.body.includes(png) }
    },
    fromFake: (outcome) => expect(outcome).toEqual({ text: allTokens, isSent: true }),
    fromPocket: ({ text }) => expect(text).not.toBe(''),
  }),
  behaviour({
    name: 'transcribe',
    title: 'a sound goes up as a form, and its words come back',
    async ask({ transcribe }, { briefModel, hears }) {
      const asked = there(transcribe)(wav, briefModel)
      return hears ? await asked : String(await errorOf(asked))
    },
    fromFake: (text) => expect(text).toBe(allTokens),
    fromPocket: (refusal) => expect(refusal).toMatch(/400\b.*"pocket" does not support audio/),
  }),
  behaviour({
    name: 'embed',
    title: 'texts become vectors, in their order',
    ask: async ({ embed }) => await there(embed)(['a cat', 'a drum', 'a cat']),
    fromFake(vectors) {
      expect(vectors.map(({ length }) => length)).toEqual([576, 576, 576])
      expect(vectors[2]).toEqual(vectors[0])
      expect(vectors[1]).not.toEqual(vectors[0])
    },
    fromPocket(vectors) {
      expect(vectors.map(({ length }) => length)).toEqual([192, 192, 192])
      for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 3)
      expect(vectors[2]).toEqual(vectors[0])
      expect(vectors[1]).not.toEqual(vectors[0])
    },
  }),
  behaviour({
    name: 'structured',
    title: 'a schema binds the answer',
    ask: async ({ structured }) => await there(structured)(question, schema),
    fromFake: (value) => expect(value).toEqual({ city: 'Paris', sure: true }),
    fromPocket: (value) => expect(value).toEqual({ city: 'Paris', sure: expect.any(Boolean) }),
  }),
  behaviour({
    name: 'parsed',
    title: 'and its own helper makes the value',
    ask: async ({ parsed }) => await there(parsed)('Write Ida, 31, Oslo as JSON.'),
    fromFake: (value) => expect(value).toEqual({ name: 'Ida', age: 31, city: 'Oslo' }),
  }),
  behaviour({
    name: 'list',
    title: 'the models are listed',
    ask: async ({ list }) => (await there(list)()).toSorted(),
    fromFake: (names) => expect(names).toEqual(['tiny:latest']),
    fromPocket: (names) => expect(names).toEqual(['pocket:latest']),
  }),
  behaviour({
    name: 'show',
    title: 'a model is shown',
    ask: async ({ show }, { model }) => await there(show)(model),
    fromFake: (shown) => expect(JSON.stringify(shown)).toMatch(/llama|tiny/),
    fromPocket: (shown) => expect(JSON.stringify(shown)).toMatch(/llama|pocket/),
  }),
  behaviour({
    name: 'missing',
    title: 'a model that nobody has is told of in the words of Ollama',
    ask: async ({ missing }) => await there(missing)('nope'),
    fromFake: ({ type, status, message }) => {
      expect(type).toMatch(/^(NotFoundError|ResponseError|OllamaError|APICallError)$/)
      expect(status).toBe(404)
      expect(message).toContain("model 'nope' not found")
    },
  }),
  behaviour({
    name: 'unable',
    title: 'and one that cannot think says so',
    ask: async ({ unable }) => await there(unable)(question),
    fromFake: ({ type, status, message }) => {
      expect(type).toMatch(/^(BadRequestError|ResponseError|APICallError)$/)
      expect(status).toBe(400)
      expect(message).toMatch(/does not support thinking|think value/)
    },
  }),
]
