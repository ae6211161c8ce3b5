import { expect, test } from 'vitest'
import { blobFileName, isDigestText, parseDigest } from './digest.ts'

const hex = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'

test('a digest names the file of its blob', () => {
  const digest = parseDigest(`sha256:${hex}`)
  expect(digest && blobFileName(digest)).toBe(`sha256-${hex}`)
})

test.each([
  '',
  hex,
  `sha256-${hex}`,
  `sha256:${hex.toUpperCase()}`,
  `sha256:${hex}0`,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex}\n`,
  `sha256:../../${hex.slice(6)}`,
  `md5:${hex}`,
])('"%s" is no digest', (text) => {
  expect(parseDigest(text)).toBeUndefined()
})

test('an address may write a dash or upper case, and nothing else', () => {
  const good = [`sha256:${hex}`, `sha256-${hex}`, `sha256:${hex.toUpperCase()}`]
  expect(good.map(isDigestText)).toEqual([true, true, true])
  for (const text of [hex, `sha256:${hex}0`, `sha256:${hex}\n`, `sha256/${hex}`, `SHA256:${hex}`]) {
    expect(isDigestText(text)).toBe(false)
  }
})
