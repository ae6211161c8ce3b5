import { expect, test } from 'vitest'
import type { OdError } from '../../core/errors/index.ts'
import { ownModelName, storedModelName } from './model-source.ts'

const codeOf = (text: string) => {
  try {
    return ownModelName(text, 'remote model is unavailable')
  } catch (error) {
    return (error as OdError).code
  }
}

test.each([
  ['smol', 'smol'],
  ['smol:local', 'smol'],
  ['smol:7b:LOCAL', 'smol:7b'],
  ['local', 'local'],
  [' smol:local\n', 'smol'],
  ['local/cloud', 'local/cloud'],
  ['my-cloud', 'my-cloud'],
  ['smol:cloud', 'OD_CLOUD_DISABLED'],
  ['smol:7b-Cloud', 'OD_CLOUD_DISABLED'],
  ['smol:cloud:local', 'OD_NAME_SOURCES'],
  ['smol:7b-cloud:cloud', 'OD_NAME_SOURCES'],
])('%s means %s', (text, meaning) => {
  expect(codeOf(text)).toBe(meaning)
})

test.each([
  ['smol', 'smol'],
  ['smol:LOCAL', 'smol'],
  ['smol:cloud', 'smol:cloud'],
  ['smol:8b-cloud', 'smol:8b-cloud'],
  ['smol:8b:Cloud', 'smol:8b-cloud'],
  [' smol ', 'smol'],
])('in the store, %s is %s', (text, name) => {
  expect(storedModelName(text)).toBe(name)
})

test('two words about the source are refused in the store, too', () => {
  expect(() => storedModelName('smol:cloud:local')).toThrow('not both: "smol:cloud:local"')
})
