import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inputWith, problemsOf } from '../../tests/support/config-input.ts'
import { type ErrorCode, isOdError } from '../core/errors/index.ts'
import { type ConfigInput, loadConfig } from './index.ts'
import { limits } from './limits.ts'

async function codeOf(input: ConfigInput): Promise<ErrorCode | 'none'> {
  return loadConfig(input).then(
    () => 'none' as const,
    (error: unknown) => {
      if (isOdError(error)) return error.code
      throw error
    },
  )
}

describe('a hostile or broken file', () => {
  test('a key given twice names both lines', async () => {
    expect(await problemsOf('ollama:\n  port: 1\n  host: ::1\n  port: 2')).toEqual([
      'FILE:4: ollama.port was already given in line 2; keep one of them',
    ])
    expect(await problemsOf('ollama: {}\nlog: {}\nollama: {}')).toHaveLength(1)
    expect(await problemsOf('ollama: { environment: { A: "1", A: "2" } }')).toHaveLength(1)
  })

  test.each([
    ['broken YAML', 'log:\n  level: "x', /^FILE:2: is not YAML: /],
    ['two documents', 'log: {}\n---\nlog: {}', /^FILE:2: is not YAML: /],
    ['an unknown tag', 'log: !run {}', /^FILE:1: is not YAML: Unresolved tag/],
    ['a list at the top', '- log', /^FILE:1: a file of settings begins with a section/],
    ['a key that is no word', '? [a]\n: 1', /^FILE:1: a key is not a plain word/],
    [
      'a key that means something to JavaScript',
      'ollama: { environment: { __proto__: "1" } }',
      /is not a plain word/,
    ],
    ['an alias to nothing', 'ollama: *x', /^FILE:1: nothing is marked &x/],
    [
      'an alias to itself',
      'integration: &a\n  api_gateway: *a',
      /unknown key integration\.api_gateway\.api_gateway/,
    ],
    ['endless nesting', '['.repeat(20_000), /nested too deeply/],
    [
      'more values than any file needs',
      `a: [${'1,'.repeat(limits.fileValuesMax)}]`,
      /more than 10000 values/,
    ],
    [
      'more aliases than any file needs',
      `ollama:\n environment:\n  A: &a "1"\n${Array.from({ length: 101 }, (_, i) => `  B${i}: *a`).join('\n')}`,
      /more than 100 aliases/,
    ],
  ])('%s is refused', async (_, yaml, problem) => {
    expect(await problemsOf(yaml)).toContainEqual(expect.stringMatching(problem))
  })

  test('a bomb of aliases is never expanded', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`)
    const yaml = `l0: &l0 [x]\n${levels.join('\n')}\nollama: { port: *l30 }`
    expect(await codeOf(inputWith(yaml))).toBe('OD_CONFIG_INVALID')
  })

  test('a named file must be there, readable and of a sane size', async () => {
    const flags = { config: 'x.yaml' }
    expect(await codeOf(inputWith(undefined, { flags }))).toBe('OD_CONFIG_FILE_MISSING')
    const denied = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
    expect(await codeOf(inputWith(undefined, { readFile: denied }))).toBe(
      'OD_CONFIG_FILE_UNREADABLE',
    )
    const atLimit = `#${'ä'.repeat(limits.fileBytesMax / 2 - 1)}\n`
    expect(await codeOf(inputWith(atLimit))).toBe('none')
    expect(await codeOf(inputWith(`${atLimit}\n`))).toBe('OD_CONFIG_FILE_TOO_LARGE')
  })

  test('whatever stands in it, nothing but an OdError is thrown', async () => {
    const words = [
      'ollama',
      'port',
      'environment',
      'log',
      'level',
      ':',
      ': ',
      '\n',
      '\n  ',
      '- ',
      '? ',
      '&a ',
      '*a',
      '!!binary ',
      '<<',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---\n',
      '%YAML 1.1\n',
      '~',
      '1',
      '1e999',
      '.nan',
      '\t',
      '\0',
      '\u2028',
      '__proto__',
      'é',
    ]
    const yamlLike = fc
      .array(fc.constantFrom(...words), { maxLength: 30 })
      .map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(fc.oneof(yamlLike, fc.string({ unit: 'binary' })), async (yaml) => {
        expect(['none', 'OD_CONFIG_INVALID']).toContain(await codeOf(inputWith(yaml)))
      }),
      { numRuns: 1_000 },
    )
  })
})
