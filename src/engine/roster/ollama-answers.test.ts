import { describe, expect, test } from 'vitest'
import { readLoaded, readModels, readVersion } from './ollama-answers.ts'

const model = { name: 'a:latest', digest: 'abc', modified_at: '2026-01-01T00:00:00Z', size: 1 }
const loaded = { name: 'a:latest', digest: 'abc', expires_at: '2026-01-01T00:00:00Z', size_vram: 0 }

describe('what an Ollama says', () => {
  test('its version, its models and what it has loaded are taken as they came', () => {
    expect(readVersion({ version: '0.24.0' })).toBe('0.24.0')
    expect(readModels({ models: [model] })).toEqual([model])
    expect(readLoaded({ models: [loaded] })).toEqual([loaded])
    expect(readModels({ models: null })).toEqual([])
  })
})

describe('what somebody else says', () => {
  test.each([
    ['nothing', undefined],
    ['no object', 'ollama'],
    ['no version', {}],
    ['a number', { version: 1 }],
    ['an empty text', { version: '' }],
    ['a page', { version: 'x'.repeat(101) }],
    ['a list', ['version']],
  ])('as a version: %s', (_, value) => {
    expect(readVersion(value)).toBeUndefined()
  })

  test.each([
    ['nothing', undefined],
    ['no list', { models: {} }],
    ['a list elsewhere', { data: [] }],
    ['an entry that is no object', { models: [model, 'b'] }],
    ['an entry without a name', { models: [{ ...model, name: undefined }] }],
    ['an entry without a digest', { models: [{ ...model, digest: 7 }] }],
    ['an entry of the other list', { models: [loaded] }],
  ])('as a list of models: %s', (_, value) => {
    expect(readModels(value)).toBeUndefined()
  })

  test('as what is loaded: an entry without an end', () => {
    expect(readLoaded({ models: [model] })).toBeUndefined()
  })
})
