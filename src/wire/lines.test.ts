import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areObjects, isObject, lineBytesMax, meaningOf, saysUndone, WholeLines } from './lines.ts'

const bytes = (text: string) => Buffer.from(text)

describe('WholeLines', () => {
  test('gives whole lines and loses no byte, however the stream is cut', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', 'é'), maxLength: 12 }))
    fc.assert(
      fc.property(texts, (chunks) => {
        const lines = new WholeLines()
        const sent: Uint8Array[] = []
        for (const chunk of chunks) {
          const whole = lines.push(bytes(chunk))
          if (whole === undefined) continue
          expect(whole.at(-1)).toBe(0x0a)
          sent.push(whole)
        }
        const all = chunks.join('')
        const end = all.lastIndexOf('\n') + 1
        expect(Buffer.concat(sent).toString()).toBe(all.slice(0, end))
        expect(Buffer.from(lines.rest).toString()).toBe(all.slice(end))
        const last = lines.lastLine && Buffer.from(lines.lastLine).toString()
        expect(last).toBe(
          end === 0
            ? undefined
            : all
                .slice(0, end - 1)
                .split('\n')
                .at(-1),
        )
      }),
    )
  })

  test('copies nothing when a chunk ends in a newline', () => {
    const chunk = bytes('{"a":1}\n{"b":2}\n')
    expect(new WholeLines().push(chunk)).toBe(chunk)
  })

  test('what it gave is not written over later', () => {
    const lines = new WholeLines()
    lines.push(bytes('first'))
    const whole = lines.push(bytes('\nsecond'))
    lines.push(bytes(' line'))
    expect(String(whole)).toBe('first\n')
    expect(String(lines.push(bytes('\n')))).toBe('second line\n')
  })

  test('a line beyond the limit goes through in pieces and is flagged', () => {
    const lines = new WholeLines()
    expect(lines.push(Buffer.alloc(lineBytesMax, 'x'))).toBeUndefined()
    expect(lines.isOverlong).toBe(false)
    expect(lines.push(bytes('y'))).toHaveLength(lineBytesMax + 1)
    expect(lines.isOverlong).toBe(true)
    expect(lines.rest).toHaveLength(0)
    expect(String(lines.push(bytes('"done":true}\n')))).toBe('"done":true}\n')
    expect(lines.lastLine).toBeUndefined()
    expect(lines.meaning).toBe('open')
    lines.push(bytes('{"done":true}\n'))
    expect(lines.meaning).toBe('done')
  })

  test('a stream of single bytes costs no more memory than its line', () => {
    const lines = new WholeLines()
    for (let count = 0; count < 300_000; count++) lines.push(Uint8Array.of(0x78))
    expect(lines.rest).toHaveLength(300_000)
    expect(lines.rest.buffer.byteLength).toBeLessThan(1_000_000)
  })

  test.each([
    ['{"done":false}\n{"done":true}\n', 'done'],
    ['{"done":true}\n{"done":', 'open'],
    ['{"done":false}\n', 'open'],
    ['{"response":"a","error":"x"}\n', 'error'],
    ['', 'open'],
  ])('a stream of %j ends %s', (text, meaning) => {
    const lines = new WholeLines()
    lines.push(bytes(text))
    expect(lines.meaning).toBe(meaning)
  })
})

test.each([
  ['{"model":"m","done":true,"context":[1,2]}', 'done'],
  ['{"done" : true }', 'done'],
  ['{"status":"success"}', 'done'],
  ['{"status":"pulling manifest"}', 'open'],
  ['{"response":"\\"done\\":true","done":false}', 'open'],
  ['{"message":{"done":true}}', 'open'],
  ['{"error":"x","done":true}', 'error'],
  ['{"done":true', 'open'],
  ['', 'open'],
  ['junk', 'open'],
])('the line %s means %s', (line, meaning) => {
  expect(meaningOf(bytes(line))).toBe(meaning)
})

describe('lines of objects', () => {
  const line = (text: string) => Buffer.from(`${text}\n`)
  test.each([
    ['objects', Buffer.concat([line('{"a":1}'), line('{"b":"é"}')]), true],
    ['no JSON', line('garbage'), false],
    ['no JSON behind an object', Buffer.concat([line('{"a":1}'), line('garbage')]), false],
    ['an empty line', line(''), false],
    ['half an object', line('{"a":1'), false],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), false],
  ])('%s', (_, bytes, areRight) => {
    expect(areObjects(bytes)).toBe(areRight)
    if (bytes.indexOf(10) === bytes.length - 1) {
      expect([isObject(bytes), isObject(bytes.subarray(0, -1))]).toEqual([areRight, areRight])
    }
  })
})

test.each([
  ['{"response":"x","done":false}', true],
  ['{"response":"x","done":true}', false],
  ['{"embeddings":[[1]]}', false],
])('%s is undone: %j', (text, isUndone) => {
  expect(saysUndone(Buffer.from(text))).toBe(isUndone)
})
