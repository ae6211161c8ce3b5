import { expect, test } from 'vitest'
import { blockTokens, prefixHashes } from './prefix-hashes.ts'

const list = (length: number, from = 0) => Array.from({ length }, (_, index) => from + index)

test('hashes name whole blocks, and equal ones mean that all before is equal', () => {
  const tokens = list(3 * blockTokens + 10)
  const hashes = prefixHashes(tokens, 'a')
  expect(hashes).toHaveLength(3)
  expect(new Set(hashes).size).toBe(3)
  expect(prefixHashes(tokens.slice(0, 2 * blockTokens), 'a')).toEqual(hashes.slice(0, 2))
  const other = prefixHashes(tokens.with(blockTokens, 9_999), 'a')
  expect(other[0]).toBe(hashes[0])
  expect(other[1]).not.toBe(hashes[1])
  expect(other[2]).not.toBe(hashes[2]) // though its own block is the same
  expect(prefixHashes(tokens, 'b')[0]).not.toBe(hashes[0])
})

test('hashes are the same on every machine, and bounded in number', () => {
  expect(prefixHashes(list(blockTokens), 'ollama')).toEqual(['873de2f161769741'])
  expect(prefixHashes(list(blockTokens - 1), 'ollama')).toEqual([])
  expect(prefixHashes(list(1_000 * blockTokens), 'ollama')).toHaveLength(512)
})
