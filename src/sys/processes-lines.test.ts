import { describe, expect, test } from 'vitest'
import { LineSplitter, lineBytesMax } from './processes-lines.ts'

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = []
  const splitter = new LineSplitter((line) => lines.push(line))
  for (const chunk of chunks) splitter.push(Buffer.from(chunk))
  splitter.end()
  return lines
}

describe('lines of a byte stream', () => {
  test.each([
    ['several in one chunk', ['a\nb\n'], ['a', 'b']],
    ['one over several chunks', ['a', 'b', 'c\n'], ['abc']],
    ['an empty one in between', ['a\n\nb\n'], ['a', '', 'b']],
    ['a last one without its end', ['a\nb'], ['a', 'b']],
    ['with carriage returns', ['a\r\nb\r\n'], ['a', 'b']],
    ['none', [], []],
  ])('%s', (_, chunks, lines) => {
    expect(split(...chunks)).toEqual(lines)
  })

  test('a letter of several bytes may be cut by a chunk', () => {
    const bytes = Buffer.from('für\n')
    expect(split(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['für'])
  })

  test('a line without end is cut at the bound and does not touch the next', () => {
    const long = 'x'.repeat(1024)
    const [first, second] = split(...Array<string>(100).fill(long), '\nshort\n')
    expect(first).toBe(`${'x'.repeat(lineBytesMax)}…`)
    expect(second).toBe('short')
  })
})
