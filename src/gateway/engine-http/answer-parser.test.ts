import { expect, test } from 'vitest'
import { AnswerParser } from './answer-parser.ts'

/** What is heard of an answer that comes in these pieces. */
function hear(pieces: readonly string[]) {
  const parser = new AnswerParser()
  const heard = { status: 0, headers: [] as string[], body: '' }
  parser.begin({
    head: (status, headers) => Object.assign(heard, { status, headers }),
    data: (bytes) => {
      heard.body += bytes.toString('latin1')
    },
  })
  let progress = 'more'
  for (const piece of pieces) {
    if (progress === 'more' && piece !== '') progress = parser.push(Buffer.from(piece, 'latin1'))
  }
  const { isKept, keptSeconds } = parser
  return { ...heard, progress, isKept, keptSeconds, endsWhole: parser.end() }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const answers: readonly (readonly [what: string, text: string, expected: object])[] = [
  ['with a length', `${ok}A: b\r\nContent-Length: 3\r\n\r\nabc`, { body: 'abc', isKept: true }],
  ['with an empty body', `${ok}Content-Length: 0\r\n\r\n`, { body: '' }],
  [
    'in chunks',
    `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\n\r\n`,
    { body: 'abc0123456789', isKept: true },
  ],
  [
    'in chunks with trailers',
    `${ok}Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\nZ: w\r\n\r\n`,
    { body: 'a' },
  ],
  ['of 204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, isKept: true }],
  ['of 304 with a length', 'HTTP/1.1 304 X\r\nContent-Length: 9\r\n\r\n', { status: 304 }],
  ['without a reason', 'HTTP/1.1 500\r\nContent-Length: 1\r\n\r\nx', { status: 500, body: 'x' }],
  [
    'behind one of 100',
    `HTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
    { body: 'x' },
  ],
  [
    'that ends the connection',
    `${ok}Connection: x, Close\r\nContent-Length: 1\r\n\r\nx`,
    { isKept: false },
  ],
  ['in HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', { isKept: false, body: 'x' }],
  [
    'that says how long',
    `${ok}Keep-Alive: timeout=7, max=9\r\nContent-Length: 0\r\n\r\n`,
    { keptSeconds: 7 },
  ],
  ['with two equal lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`, { body: 'x' }],
]

test.each(answers)('an answer %s is heard, whatever pieces it comes in', (_, text, expected) => {
  const whole = hear([text])
  expect(whole).toMatchObject({ progress: 'done', ...expected })
  for (let i = 1; i < text.length; i++)
    expect(hear([text.slice(0, i), text.slice(i)])).toEqual(whole)
  expect(hear(text.split(''))).toEqual(whole)
})

test('names and values are heard as they were sent, without the blanks around', () => {
  const { headers } = hear([`${ok}X-a:  b c \t\r\nEmpty:\r\nContent-Length: 0\r\n\r\n`])
  expect(headers).toEqual(['X-a', 'b c', 'Empty', '', 'Content-Length', '0'])
})

const broken: readonly (readonly [what: string, text: string])[] = [
  ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`],
  ['a length with a sign', `${ok}Content-Length: +1\r\n\r\nx`],
  ['a length and chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['another coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['two codings', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['a chunk whose size is none', `${ok}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
  ['a chunk that is longer than it says', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nabc`],
  ['a chunk of 2^52', `${ok}Transfer-Encoding: chunked\r\n\r\n10000000000000\r\n`],
  ['a folded header', `${ok}A: b\r\n c\r\n\r\n`],
  ['a header without a name', `${ok}: b\r\n\r\n`],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['more than the answer', `${ok}Content-Length: 1\r\n\r\nxHTTP`],
  ['a head without an end', `${ok}A: ${'b'.repeat(20_000)}`],
  ['a size without an end', `${ok}Transfer-Encoding: chunked\r\n\r\n1;${'b'.repeat(2_000)}`],
  ['trailers without an end', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n${'b'.repeat(2_000)}`],
]

test.each(broken)('%s is broken', (_, text) => {
  expect(hear([text]).progress).toBe('broken')
})

test('an answer without a length ends with its connection, and only that', () => {
  expect(hear([`${ok}A: b\r\n\r\nab`, 'c'])).toMatchObject({
    body: 'abc',
    progress: 'more',
    isKept: false,
    endsWhole: true,
  })
  for (const cut of ['Content-Length: 3\r\n\r\nab', 'Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n'])
    expect(hear([ok + cut]).endsWhole).toBe(false)
})
