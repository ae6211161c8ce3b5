import { describe, expect, test } from 'vitest'
import { type EntryNote, noteHeaders, readNote, refusalIn } from './entry-note.ts'

const note: EntryNote = {
  requestId: '0123456789abcdef',
  key: '192.168.1.7',
  model: 'registry.ollama.ai/library/tiny:latest',
  mode: 'now',
}

/** As Node's server gives them. */
function headersOf(list: readonly string[]): Record<string, string> {
  const pairs = list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1] ?? '']] : []))
  return Object.fromEntries(pairs) as Record<string, string>
}

describe('what a gateway tells the owner of an engine', () => {
  test.each<[string, EntryNote]>([
    ['all of it', note],
    ['without a model', { ...note, model: undefined, mode: 'beside' }],
    ['of a client whose address is gone', { ...note, key: '', mode: 'wait' }],
    ['of an IPv6 address with its zone', { ...note, key: 'fe80::1%eth0' }],
  ])('is read as it was written: %s', (_, one) => {
    expect(readNote(headersOf(noteHeaders(one)))).toEqual(one)
  })

  test.each([
    ['no id', { 'x-od-request-id': '' }],
    ['an id that would break a line of the log', { 'x-od-request-id': 'a b' }],
    ['an id without an end', { 'x-od-request-id': 'a'.repeat(65) }],
    ['a way in that nobody knows', { 'x-od-entry': 'first' }],
    ['a key that is too long', { 'x-od-key': 'k'.repeat(129) }],
    ['a key with a blank', { 'x-od-key': 'a b' }],
    ['a model that is none', { 'x-od-model': '../x' }],
    ['a model that is not canonical', { 'x-od-model': 'tiny' }],
  ])('is refused with %s', (_, wrong) => {
    expect(readNote({ ...headersOf(noteHeaders(note)), ...wrong })).toBeUndefined()
  })
})

test('a word of refusal that nobody knows is none', () => {
  expect([refusalIn('full'), refusalIn('tired'), refusalIn(undefined)]).toEqual([
    'full',
    undefined,
    undefined,
  ])
})
