import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64 } from './base64.ts'

test('decodes what was encoded, with line ends anywhere', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(20), (bytes, at) => {
      const text = Buffer.from(bytes).toString('base64')
      for (const spelt of [text, `${text.slice(0, at)}\r\n${text.slice(at)}\n`]) {
        expect(decodeBase64(spelt)).toMatchObject({ ok: true })
        const decoded = decodeBase64(spelt)
        expect(decoded.ok && Buffer.compare(decoded.bytes, bytes)).toBe(0)
      }
    }),
  )
})

test.each([
  ['!!!', 0],
  ['data:image/png;base64,AAAA', 4],
  ['AA-_', 2],
  ['AAA', 0],
  ['AAAAA', 4],
  ['=AAA', 0],
  ['A=AA', 1],
  ['AA=A', 2],
  ['AA=', 3],
  ['AA==A', 4],
  ['AAA=A', 4],
  ['AAé=', 2],
])('%s: the character at %d does not belong', (text, badAt) => {
  expect(decodeBase64(text)).toEqual({ ok: false, badAt })
})
