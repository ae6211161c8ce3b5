/** Bytes that are no request, or one that two readers may read in two ways; Latin-1 characters, one a byte. */
import * as fc from 'fast-check'
import { digest, request } from './requests.ts'

/** What an attacker hides behind a length that two readers read in two ways. */
const hidden =
  'POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n{"model":"hidden"}'

const frames = [
  'Content-Length: 3',
  'content-length: 0',
  'Content-Length: 5\r\nContent-Length: 5',
  'Content-Length: 5\r\nContent-Length: 6',

  ...[
    '+5',
    '-5',
    '5,5',
    '5, 6',
    '0x5',
    '5 5',
    '5;',
    '5.0',
    '05',
    '\t5',
    '5\t',
    '\v5',
    '5\x00',
    '',
    '\xef\xbc\x99',
    '1e1',
    '_5',
    '5_0',
  ].map((text) => `Content-Length: ${text}`),
  ...[
    '18446744073709551616',
    '9223372036854775808',
    '99999999999999999999999',
    '9007199254740993',
    '4294967296',
    '1048577',
  ].map((text) => `Content-Length: ${text}`),
  'Content-Length : 5',
  ' Content-Length: 5',
  'Content-Length:5',
  'Content-Length\t: 5',
  'Content-Length: 5\r\n 5',
  'Content-Length: 5\n',
  'X: y\nContent-Length: 5',

  ...[
    'chunked, identity',
    'identity, chunked',
    'chunked, chunked',
    'gzip, chunked',
    'xchunked',
    'chunkedx',
    ' chunked',
    'chunked ',
    '\vchunked',
    '"chunked"',
    'CHUNKED',
    'chunked;q=1',
    '',
    ',chunked',
    'chunked,',
    'identity',
    'x\r\n chunked',
    'chunk\x00ed',
  ].map((text) => `Transfer-Encoding: ${text}`),
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked\r\nContent-Length: 5',
  'Content-Length: 5\r\nTransfer-Encoding: chunked',
  'Transfer_Encoding: chunked',
  'Transfer-Encoding\x00: chunked',
  'X: \rTransfer-Encoding: chunked',
  'Content-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x',

  'X\x00: 1',
  'X: \x00',
  'X: a\rb',
  ': nameless',
  'nocolon',
  '\xffX: 1',
  'X Y: 1',
  'X: \x01',
  'X: \x7f',
  'Host: localhost',
  'Host: other',
  'X: y\r\n z',
  `X: ${'y'.repeat(17_000)}`,
  Array.from({ length: 130 }, (_, i) => `x${i}: 1`).join('\r\n'),
]

const bodiesOfFrames = [
  '',
  '{}',
  '{"a"}',
  '0\r\n\r\n',
  '2\r\n{}\r\n0\r\n\r\n',
  '5\r\n{"a":\r\n0\r\n\r\n',
  '-2\r\n{}\r\n0\r\n\r\n',
  '0x2\r\n{}\r\n0\r\n\r\n',

  '2 \r\n{}\r\n0\r\n\r\n',
  ' 2\r\n{}\r\n0\r\n\r\n',
  '2\n{}\n0\n\n',
  '2\r\n{}0\r\n\r\n',
  '2\r\n{}\r0\r\n\r\n',
  '3\r\n{}\r\n0\r\n\r\n',
  '1\r\n{}\r\n0\r\n\r\n',

  'g\r\n',
  '\r\n',
  'ffffffffffffffffffff\r\n',
  '7fffffffffffffff\r\n{}',
  '100000000\r\n{}',
  '0002\r\n{}\r\n000\r\n\r\n',
  '2;\r\n{}\r\n0\r\n\r\n',
  '2;\x00\r\n{}\r\n0\r\n\r\n',

  '2;a=\n{}\r\n0\r\n\r\n',
  '2\r\n{}\r\n0\r\nX\x00: 1\r\n\r\n',
  '2\r\n{}\r\n0\r\nX: 1\n\r\n',
  '2\r\n{}\r\n0\r\n X: 1\r\n\r\n',
  '2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  '2\r\n{}\r\n0\r\n',
]

/** A length or coding that may be read in two ways, and what hides behind it. */
const pair = fc
  .tuple(
    fc.constantFrom(
      '/api/generate',
      '/api/chat',
      `/api/blobs/${digest}`,
      '/api/show',
      '/',
      '/nope',
    ),
    fc.constantFrom(...frames),
    fc.option(fc.constantFrom(...frames), { freq: 4 }),
    fc.constantFrom(...bodiesOfFrames),
    fc.constantFrom('', hidden, hidden),
  )
  .map(([path, first, second, bytes, behind]) => {
    const lines = [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      first,
      ...(second === null ? [] : [second]),
    ]
    return `${lines.join('\r\n')}\r\n\r\n${bytes}${behind}`
  })

const rest = 'Host: localhost\r\nContent-Length: 2\r\n\r\n{}'

/** Request lines that are none, or of another protocol. */
const brokenLine = fc
  .constantFrom(
    'POST  /api/chat HTTP/1.1',
    'POST /api/chat  HTTP/1.1',
    'POST\t/api/chat\tHTTP/1.1',
    ' POST /api/chat HTTP/1.1',
    'POST /api/chat HTTP/1.1 ',
    'POST /api/chat HTTP/1.2',
    'POST /api/chat HTTP/0.9',
    'POST /api/chat HTTP/2.0',
    'POST /api/chat HTTP/11',
    'POST /api/chat http/1.1',
    'POST /api/chat HTTP/1.1x',
    'POST /api/chat',
    'POST',
    'POST /api/chat ICE/1.0',
    'POST /api/chat RTSP/1.0',
    'POST /api /chat HTTP/1.1',
    'POST /api\x00/chat HTTP/1.1',
    'PO\x00ST /api/chat HTTP/1.1',
    'POST /api/\x7fchat HTTP/1.1',
    'POST /api/chat\x01 HTTP/1.1',
    'CONNECT localhost:1 HTTP/1.1',
    'PRI * HTTP/2.0',
    '\x16\x03\x01\x02\x00\x01',
    `POST /${'a'.repeat(9_000)} HTTP/1.1`,
    `${'A'.repeat(500)} / HTTP/1.1`,
    'POST /api/chat HTTP/1.1\r',
    'POST /api/chat HTTP/1.1\r\n\r',
    'POST /api/chat HTTP/1.1\n',
  )
  .map((line) => `${line}\r\n${rest}`)

/** A request of which some bytes were changed, doubled or lost on the way. */
const mutated = fc
  .tuple(
    request,
    fc.array(
      fc.tuple(
        fc.nat(400),
        fc.nat(3),
        fc.constantFrom('', '\r\n', '\n', '\r', ' ', '\0', ':', '\t', '0', ';', ',', '\xff', 'x'),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([bytes, edits]) => {
    let text = bytes
    for (const [at, removed, added] of edits) {
      const index = at % (text.length + 1)
      text = text.slice(0, index) + added + text.slice(index + removed)
    }
    return text
  })

const cut = fc.tuple(request, fc.nat(600)).map(([bytes, at]) => bytes.slice(0, at % bytes.length))

const noise = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'))

/** The last thing on a connection: bytes that may end it. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: pair },
  { weight: 2, arbitrary: brokenLine },
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: noise },
)
