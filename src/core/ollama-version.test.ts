import { describe, expect, test } from 'vitest'
import { isTooOld, readOllamaVersion } from './ollama-version.ts'

describe('S-018: the version that `ollama --version` tells', () => {
  test.each([
    ['a server of the same version', 'ollama version is 0.24.0\n', '0.24.0'],
    [
      'no server',
      'Warning: could not connect to a running Ollama instance\nWarning: client version is 0.24.0\n',
      '0.24.0',
    ],
    [
      'a client that is newer than the server',
      'ollama version is 0.5.1\nWarning: client version is 0.24.0\n',
      '0.24.0',
    ],
    ['a build with a suffix', 'ollama version is 0.12.4-rc2\n', '0.12.4-rc2'],
    ['something else', 'bash: ollama: command not found\n', undefined],
  ])('with %s', (_, output, version) => {
    expect(readOllamaVersion(output)).toBe(version)
  })

  test.each([
    ['0.5.12', true],
    ['0.1.48', true],
    ['0.5.13', false],
    ['0.5.13-rc1', false],
    ['0.24.0', false],
    ['v1.0.0', false],
    ['0.0.0', false],
    ['unknown', false],
  ])('%s is too old: %s', (version, isOld) => {
    expect(isTooOld(version)).toBe(isOld)
  })
})
