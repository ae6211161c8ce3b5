import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decodeSequence, encodeSequence } from './sequence-file.ts'

const origin = { weights: 'a'.repeat(64), llama: '0.5.0' }
const sequence = { tokens: [0, 5, 6, 7], pureTokens: 3, state: Buffer.from('the state itself') }
const file = encodeSequence(origin, sequence)

const refusal = (code: string) => expect.objectContaining({ code })

/** The bytes with a digest that fits them. */
function sealed(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()])
}

describe('a saved sequence', () => {
  test('is read as it was written', () => {
    const read = decodeSequence(file, origin)
    expect({ ...read, state: Buffer.from(read.state) }).toEqual(sequence)
  })

  test('with any byte changed or cut off is damaged', () => {
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
      expect(() => decodeSequence(changed, origin)).toThrow(refusal('OD_SEQUENCE_DAMAGED'))
      expect(() => decodeSequence(file.subarray(0, at), origin)).toThrow(
        refusal('OD_SEQUENCE_DAMAGED'),
      )
    }
  })

  test.each([
    ['weights', { ...origin, weights: 'b'.repeat(64) }],
    ['llama.cpp', { ...origin, llama: '0.4.0' }],
  ])('of other %s is foreign', (_what, other) => {
    expect(() => decodeSequence(file, other)).toThrow(refusal('OD_SEQUENCE_FOREIGN'))
  })

  test('of another version of this form is foreign', () => {
    const later = Buffer.from(file.subarray(0, -32))
    later.writeUInt8(2, 7)
    expect(() => decodeSequence(sealed(later), origin)).toThrow(refusal('OD_SEQUENCE_FOREIGN'))
  })

  test.each([
    ['a head that is longer than the file', [0xff, 0xff, 0xff, 0x7f], '{}'],
    ['a head that is no JSON', [2, 0, 0, 0], '{{'],
    ['a head that is no object', [4, 0, 0, 0], 'null'],
  ])('with %s is damaged, though its digest fits', (_what, length, head) => {
    const bytes = Buffer.concat([file.subarray(0, 8), Buffer.from(length), Buffer.from(head)])
    expect(() => decodeSequence(sealed(bytes), origin)).toThrow(refusal('OD_SEQUENCE_DAMAGED'))
  })
})
