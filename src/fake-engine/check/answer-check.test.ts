import { describe, expect, test } from 'vitest'
import { AnswerCheck, type AnswerEnd, type Question } from './answer-check.ts'

const streamed: Question = {
  api: 'generate',
  isStreamed: true,
  model: 'tiny',
  isIndexed: true,
  tokensMax: 8,
}
const whole: Question = { ...streamed, isStreamed: false }
const complete: AnswerEnd = { type: 'complete' }
const cut: AnswerEnd = { type: 'cut', by: 'ECONNRESET' }

function object(response: string, more: object = {}): string {
  const fields = { model: 'tiny', created_at: '2026-01-01T00:00:00Z', response, done: false }
  return JSON.stringify({ ...fields, ...more })
}

const line = (response: string, more: object = {}) => `${object(response, more)}\n`
const closing = (count: number, more: object = {}) => ({
  done: true,
  done_reason: 'stop',
  total_duration: 10,
  eval_count: count,
  ...more,
})
const error = '{"error":"the runner died"}\n'

interface Came {
  readonly status?: number
  readonly body: string | Uint8Array
  readonly end?: AnswerEnd
  readonly question?: Question
}

function judge({ status = 200, body, end = complete, question = streamed }: Came) {
  const check = new AnswerCheck(question)
  check.begin(status)
  for (const byte of Buffer.from(body)) check.take(Uint8Array.of(byte)) // however it is cut
  return check.end(end)
}

const three = line('t0') + line(' t1') + line(' t2')

describe('ok', () => {
  test.each([
    ['a stream', { body: three + line('', closing(3)) }, 3],
    [
      'tokens that share lines, or are cut by them',
      { body: line('t0 t') + line('1', closing(2)) },
      2,
    ],
    ['a whole answer', { body: object('t0 t1', closing(2)), question: whole }, 2],
    ['no token at all', { body: line('', closing(0)) }, 0],
    [
      'a thought before the text',
      { body: line('', { thinking: 't0' }) + line(' t1', closing(2)) },
      2,
    ],
    [
      'the length that was asked for',
      {
        body: three + line('', closing(3, { done_reason: 'length' })),
        question: { ...streamed, tokensMax: 3 },
      },
      3,
    ],
    [
      'words, of which only the form is known',
      { body: line('The sea') + line('', closing(9)), question: { ...streamed, isIndexed: false } },
      1,
    ],
  ] as const)('%s', (_what, came, tokens) => {
    expect(judge(came)).toMatchObject({ class: 'ok', tokens })
  })
})

describe('refused by rule, and failed before the first byte', () => {
  test.each([
    [400, 'refused'],
    [404, 'refused'],
    [429, 'refused'],
    [503, 'refused'],
    [500, 'failed'],
    [502, 'failed'],
  ] as const)('an error object under status %i: %s', (status, expected) => {
    expect(judge({ status, body: '{"error":"no"}' })).toMatchObject({ class: expected, status })
  })

  test.each([
    ['an error without an object', { status: 400, body: 'no' }],
    ['half an error object', { status: 400, body: '{"error":"n', end: cut }],
    ['headers and no byte', { body: '', end: cut }],
  ])('failed: %s', (_what, came) => {
    expect(judge(came)).toMatchObject({ class: 'failed' })
  })

  test('failed: no status', () => {
    const check = new AnswerCheck(streamed)
    expect(check.end({ type: 'cut', by: 'ECONNREFUSED' })).toEqual({
      class: 'failed',
      reason: 'ECONNREFUSED',
      status: undefined,
      tokens: 0,
    })
  })
})

describe('broken, with an error object', () => {
  test.each([
    ['after tokens', three + error, 3],
    ['before the first one', error, 0],
    ['within a token', line('t') + error, 0],
  ])('%s', (_what, body, tokens) => {
    expect(judge({ body })).toMatchObject({ class: 'broken', tokens })
  })
})

describe('silent truncation', () => {
  test.each([
    ['a clean end without done', { body: three }, 'it ended without done'],
    ['a clean end within a line', { body: `${three}{"model":"ti` }, 'it ended within a line'],
    ['a clean end before anything', { body: '' }, 'it ended without done'],
    ['a connection that was cut', { body: three, end: cut }, 'ECONNRESET'],
    ['a whole answer that was cut', { body: '{"model', end: cut, question: whole }, 'ECONNRESET'],
    [
      'a whole answer without done',
      { body: object('t0'), question: whole },
      'it ended without done',
    ],
    [
      'fewer tokens than counted',
      { body: line('t0') + line('', closing(2)) },
      '1 tokens came, it counts 2',
    ],
  ] as const)('%s', (_what, came, reason) => {
    expect(judge(came)).toMatchObject({ class: 'truncated', reason })
  })
})

describe('corruption', () => {
  const end = line('', closing(3))
  const notUtf8 = Buffer.from(three + end)
  notUtf8[notUtf8.indexOf('t1')] = 0xff
  test.each([
    ['a repeated token', line('t0') + line(' t1') + line(' t1') + end, 't1 again, after t1'],
    ['a repeated line at a seam', three + three + end, '"t2t0" where t2 belongs'],
    ['a lost token', line('t0') + line(' t2') + end, 't2 where t1 belongs'],
    ['swapped tokens', line('t0') + line(' t2') + line(' t1') + end, 't2 where t1 belongs'],
    ['another text', line('t0') + line(' x1') + end, '"x1" where t1 belongs'],
    ['a second space', line('t0') + line('  t1') + end, '"" where t1 belongs'],
    ['a number written otherwise', line('t0') + line(' t01') + end, '"t01" where t1 belongs'],
    ['a byte that is no UTF-8', notUtf8, 'a line is not UTF-8'],
    ['a line that is not JSON', `${line('t0')}garbage\n${end}`, 'a line is not JSON'],
    ['an empty line', `${line('t0')}\n${end}`, 'a line is not JSON'],
    ['a line that is no object', `${line('t0')}[]\n`, 'a line is not an object'],
    ['another model', line('t0', { model: 'other' }) + end, 'a line names the model other'],
    ['no time', line('t0', { created_at: 'now' }) + end, 'created_at is no time'],
    ['no text', line('t0', { response: 1 }) + end, 'a line has no text field'],
    ['done that is neither', line('t0', { done: 'no' }), 'done is neither true nor false'],
    ['an error that is no text', '{"error":{}}\n', 'the error of a line is no text'],
    [
      'an end without its reason',
      line('', closing(0, { done_reason: '' })),
      'the end has no done_reason',
    ],
    [
      'an end without durations',
      line('', closing(0, { total_duration: undefined })),
      'the end has no total_duration',
    ],
    ['a count that is none', line('', closing(-1)), 'eval_count is no whole number'],
    ['more tokens than counted', three + line('', closing(2)), '3 tokens came, it counts 2'],
    ['a line after the end', three + end + end, 'a line after the end'],
    ['a line after an error', error + line('t0'), 'a line after the end'],
    ['bytes after the end', `${three}${end}{`, 'bytes after the end'],
    [
      'the length too early',
      three + line('', closing(3, { done_reason: 'length' })),
      'ended by length at 3 of 8 tokens',
    ],
  ] as const)('%s', (_what, body, reason) => {
    expect(judge({ body })).toMatchObject({ class: 'corrupted', reason })
  })

  test('counts even when an error object or a cut follows', () => {
    const body = line('t0') + line(' t2')
    expect(judge({ body: body + error })).toMatchObject({ class: 'corrupted' })
    expect(judge({ body, end: cut })).toMatchObject({ class: 'corrupted' })
  })

  test('is known at once, and a line without end is not held', () => {
    const check = new AnswerCheck(streamed)
    check.begin(200)
    expect(check.take(Buffer.from(line('t0')))).toBe(true)
    expect(check.take(Buffer.from(line(' t2') + line(' t3')))).toBe(false)
    const endless = new AnswerCheck(streamed)
    endless.begin(200)
    expect(endless.take(Buffer.alloc(17 * 1024 * 1024, 0x20))).toBe(false)
    expect(endless.end(cut)).toMatchObject({ class: 'corrupted' })
  })
})

test('a chat answer has its text in a message of the assistant', () => {
  const question: Question = { ...streamed, api: 'chat' }
  const chat = (message: object) => line('', { response: undefined, message, ...closing(1) })
  expect(judge({ question, body: chat({ role: 'assistant', content: 't0' }) })).toMatchObject({
    class: 'ok',
  })
  expect(judge({ question, body: chat({ role: 'user', content: 't0' }) })).toMatchObject({
    class: 'corrupted',
  })
})
