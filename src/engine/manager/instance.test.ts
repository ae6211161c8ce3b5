import { expect, test } from 'vitest'
import { checkInstance, ollamaEnvironment } from './instance.ts'

const places = { host: '127.0.0.1', port: 11_500, dataDir: '/d', modelDir: '/d/models' }

test('S-098 (part: variable), S-099 (part: variable), S-101 (part: variable): an Ollama is told what the configuration says', () => {
  expect(ollamaEnvironment(places)).toEqual({
    OLLAMA_HOST: '127.0.0.1:11500',
    OLLAMA_MODELS: '/d/models',
  })
  const full = {
    ...places,
    maxConcurrent: 4,
    contextLength: 8192,
    debug: true,
    origins: ['http://a', 'http://b'],
    environment: { OLLAMA_KEEP_ALIVE: '5m', OLLAMA_NUM_PARALLEL: '2' },
  }
  expect(ollamaEnvironment(full)).toEqual({
    OLLAMA_HOST: '127.0.0.1:11500',
    OLLAMA_MODELS: '/d/models',
    OLLAMA_NUM_PARALLEL: '2', // what the map says stands above
    OLLAMA_CONTEXT_LENGTH: '8192',
    OLLAMA_DEBUG: '1',
    OLLAMA_ORIGINS: 'http://a,http://b',
    OLLAMA_KEEP_ALIVE: '5m',
  })
  expect(ollamaEnvironment({ ...places, host: '::1' })['OLLAMA_HOST']).toBe('[::1]:11500')
})

test.each([
  ['another port', { OLLAMA_HOST: '127.0.0.1:11501' }],
  ['another address', { OLLAMA_HOST: '0.0.0.0:11500' }],
  ["Ollama's own port", { OLLAMA_HOST: '127.0.0.1' }],
])('S-102 (part: contradiction): an environment with %s is refused', (_, environment) => {
  expect(() => checkInstance('a', { ...places, environment })).toThrow(/OLLAMA_HOST is "/)
})

test('an environment that agrees is taken; a number that is no port is not', () => {
  checkInstance('a', { ...places, environment: { OLLAMA_HOST: 'http://localhost:11500' } })
  checkInstance('a', {})
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    expect(() => checkInstance('a', { port })).toThrow('is no port')
  }
})
