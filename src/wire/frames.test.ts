import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { areSoundFrames, frameMeaning, sequenceNumberOf, WholeFrames } from './frames.ts'
import { lineBytesMax } from './lines.ts'

const bytes = (text: string) => Buffer.from(text)

/** Behind the last empty line, the plain way. */
function wholePart(all: string): string {
  const ends = ['\n\n', '\n\r\n'].map((end) => ({ at: all.lastIndexOf(end), end }))
  return all.slice(0, Math.max(...ends.map(({ at, end }) => (at < 0 ? 1 : at + end.length))))
}

describe('WholeFrames', () => {
  test('gives whole frames and loses no byte, however the stream is cut', () => {
    const pieces = fc.array(
      fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é'), minLength: 1, maxLength: 8 }),
    )
    fc.assert(
      fc.property(pieces, (chunks) => {
        const frames = new WholeFrames()
        const sent = chunks.flatMap((chunk) => frames.push(bytes(chunk)) ?? [])
        const all = chunks.join('')
        const whole = wholePart(`\n${all}`).slice(1)
        expect(Buffer.concat(sent).toString()).toBe(whole)
        expect(Buffer.from(frames.rest).toString()).toBe(all.slice(whole.length))
      }),
    )
  })

  test('an empty line that is cut in the middle ends a frame', () => {
    const frames = new WholeFrames()
    expect(frames.push(bytes('data: 1\r\n\r'))).toBeUndefined()
    expect(String(frames.push(bytes('\ndata: 2')))).toBe('data: 1\r\n\r\n')
    expect(String(frames.rest)).toBe('data: 2')
  })

  test('copies nothing when a chunk ends a frame', () => {
    const chunk = bytes('data: 1\n\ndata: 2\n\n')
    const frames = new WholeFrames()
    expect(frames.push(chunk)).toBe(chunk)
    expect(String(frames.lastFrame)).toBe('data: 2')
  })

  test('a frame beyond the limit goes through in pieces and is flagged', () => {
    const frames = new WholeFrames()
    expect(frames.push(Buffer.alloc(lineBytesMax, 'x'))).toBeUndefined()
    expect(frames.isOverlong).toBe(false)
    expect(frames.push(bytes('y'))).toHaveLength(lineBytesMax + 1)
    expect(frames.isOverlong).toBe(true)
  })

  test('an empty line behind the end changes nothing', () => {
    const frames = new WholeFrames()
    frames.push(bytes('data: [DONE]\n\n'))
    expect(String(frames.push(bytes('\n')))).toBe('\n')
    expect(frames.meaning).toBe('done')
  })

  test('its meaning is that of the newest frame, and open while a part of one is behind it', () => {
    const frames = new WholeFrames()
    expect(frames.meaning).toBe('open')
    frames.push(bytes('data: {"a":1}\n\ndata: [DONE]\n\n'))
    expect(frames.meaning).toBe('done')
    frames.push(bytes('data'))
    expect(frames.meaning).toBe('open')
  })
})

test.each([
  ['data: [DONE]', 'done'],
  ['data:[DONE]', 'done'],
  ['data: [DONE] not', 'open'],
  ['data: {"choices":[{"delta":{"content":"[DONE]"}}]}', 'open'],
  ['data: {"choices":[],"error":null}', 'open'],
  ['data: {"error":{"message":"x"}}', 'error'],
  ['data: {"type":"message_stop"}', 'done'],
  ['event: message_stop\ndata: {"type":"message_stop"}', 'done'],
  ['event: message_stop\r\ndata: {"type":"message_stop"}\r', 'done'],
  ['event: response.completed\ndata: {"type":"response.completed"}', 'done'],
  ['event: response.incomplete\ndata: {}', 'done'],
  ['event: response.failed\ndata: {}', 'error'],
  ['event: error\ndata: {"type":"error"}', 'error'],
  ['event: content_block_delta\ndata: {"type":"message_stop"}', 'open'],
  ['event: message_stop', 'open'],
  [': comment', 'open'],
])('%j is %s', (frame, meaning) => {
  expect(frameMeaning(bytes(frame))).toBe(meaning)
})

test('the number of an event of the Responses API', () => {
  expect(sequenceNumberOf(bytes('event: a\ndata: {"sequence_number":12,"type":"a"}'))).toBe(12)
  expect(sequenceNumberOf(bytes('data: {"sequence_number":"x"}'))).toBeUndefined()
  expect(sequenceNumberOf(bytes('data: [DONE]'))).toBeUndefined()
})

test('a chunk without a model is the sign of a dead runner; the same words inside a text are not', () => {
  expect(areSoundFrames(bytes('data: {"id":"1","model":"","choices":[]}\n\n'))).toBe(false)
  const text = JSON.stringify({ model: 'm', choices: [{ delta: { content: '{"model":""}' } }] })
  expect(areSoundFrames(bytes(`data: ${text}\n\n`))).toBe(true)
  expect(areSoundFrames(Buffer.from([0x64, 0xff]))).toBe(false)
})
