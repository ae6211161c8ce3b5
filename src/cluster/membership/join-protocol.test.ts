import { expect, test } from 'vitest'
import type { PeerId } from '../identity/index.ts'
import { readWish } from './join-protocol.ts'

const read = (changes: object) => {
  const all = { protocol: 1, version: '0.1.0', addresses: [], role: 'full', labels: {}, nowMs: 0 }
  const body = Buffer.from(JSON.stringify({ ...all, name: 'desk', ...changes }))
  return readWish({ peer: 'someone' as PeerId, address: '192.0.2.7', body })
}

test.each(['desk', 'Büro 2', 'büro-机', 'x'.repeat(128)])(
  '%j may be the name of a node',
  (name) => {
    expect(read({ name }).wish.name).toBe(name)
  },
)

test.each([
  ['clears the screen', '\u001b[2J'],
  ['steers a terminal with one byte', '\u009b2J'],
  ['is written backwards', 'a\u202eb'],
  ['has two lines', 'a\nb'],
  ['has two lines for a browser', 'a\u2028b'],
  ['is half a character', '\ud800'],
  ['is empty', ''],
  ['is too long', 'x'.repeat(129)],
  ['is no text', 7],
])('a name that %s is refused', (_, name) => {
  expect(() => read({ name })).toThrow(expect.objectContaining({ code: 'OD_JOIN_REQUEST' }))
})

test.each([
  ['a list of them', ['a']],
  ['a number', { a: 1 }],
  ['a blank in a name', { 'a b': '' }],
  ['a control character', { a: '\u001b' }],
  ['one that is too long', { a: 'x'.repeat(64) }],
  ['33 of them', Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, '']))],
])('labels: %s is refused', (_, labels) => {
  expect(() => read({ labels })).toThrow(expect.objectContaining({ code: 'OD_JOIN_REQUEST' }))
})
