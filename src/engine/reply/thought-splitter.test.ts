import { describe, expect, test } from 'vitest'
import { CallReader, ReplyReader, ThoughtSplitter } from './index.ts'

const tags = { open: '<think>', close: '</think>' }

function split(pieces: readonly string[], isOpen = false) {
  const reader = new ReplyReader(new ThoughtSplitter(tags, isOpen), undefined)
  const parts = [...pieces.map((piece) => reader.push(piece)), reader.finish()]
  return [
    parts.map(({ thinking }) => thinking).join(''),
    parts.map(({ text }) => text).join(''),
  ] as const
}

describe('S-035: thoughts', () => {
  test.each([
    ['<think>Hm.</think>Yes.', 'Hm.', 'Yes.'],
    [' \n<think>\n Hm.\n</think>\n\nYes.', 'Hm.\n', 'Yes.'],
    ['<think></think>Yes.', '', 'Yes.'],
    ['<think>a </thin b</think>c</think>', 'a </thin b', 'c</think>'],
    ['<think>never ends </th', 'never ends </th', ''],
    ['<think>ends</think> \n', 'ends', ''],
    ['No thought <think>here</think>', '', 'No thought <think>here</think>'],
    ['  indented', '', '  indented'],
    ['<thi', '', '<thi'],
    ['', '', ''],
  ])('%j, whole and letter by letter', (said, thinking, text) => {
    expect(split([said])).toEqual([thinking, text])
    expect(split(said.split(''))).toEqual([thinking, text])
    for (let one = 0; one <= said.length; one++) {
      for (let other = one; other <= said.length; other++) {
        const pieces = [said.slice(0, one), said.slice(one, other), said.slice(other)]
        expect(split(pieces), pieces.join('|')).toEqual([thinking, text])
      }
    }
  })

  test.each([
    ['Hm.</think>Yes.', 'Hm.', 'Yes.'],
    ['\n\nHm.\n</think>\n\nYes.', 'Hm.\n', 'Yes.'],
    ['</think>Yes.', '', 'Yes.'],
  ])('%j behind a prompt that opened the thought', (said, thinking, text) => {
    expect(split([said], true)).toEqual([thinking, text])
    expect(split(said.split(''), true)).toEqual([thinking, text])
  })

  test('calls are looked for behind the thought only', () => {
    const call = '<tool_call>{"name": "f", "arguments": {}}'
    const reader = new ReplyReader(
      new ThoughtSplitter(tags, false),
      new CallReader('<tool_call>', ['f']),
    )
    const parts = `<think>${call}</think>Now: ${call}`
      .split('')
      .map((letter) => reader.push(letter))
    expect(parts.map(({ thinking }) => thinking).join('')).toBe(call)
    expect(parts.map(({ text }) => text).join('')).toBe('Now: ')
    expect(parts.flatMap(({ calls }) => calls)).toEqual([{ name: 'f', arguments: {} }])
  })
})
