import { expect, test } from 'vitest'
import { type ReadingBounds, readRequest } from './read-request.ts'

const bounds: ReadingBounds = {
  headerBytesMax: 300,
  headerFieldsMax: 5,
  bodyBytesMax: 20,
  targets: new Set(['/api/chat', '/v1/messages']),
}
const read = (text: string) => readRequest(Buffer.from(text, 'latin1'), bounds)
const host = 'Host: a\r\n'
const good = `POST /api/chat HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`

test('a request that is there whole is read, and what stands behind it is left', () => {
  const text = `POST /v1/messages HTTP/1.1\r\nHOST:a:1\r\nx-a: b  c\r\nConnection: Keep-Alive\r\ncontent-length: 3\r\n\r\n{ }`
  expect(read(`${text}POST /`)).toEqual({
    target: '/v1/messages',
    rawHeaders: ['HOST', 'a:1', 'x-a', 'b  c', 'Connection', 'Keep-Alive', 'content-length', '3'],
    headers: { host: 'a:1', 'x-a': 'b  c', connection: 'Keep-Alive', 'content-length': '3' },
    body: Buffer.from('{ }'),
    sizeBytes: text.length,
  })
})

test('until it is there whole there may be more of it', () => {
  for (let i = 0; i < good.length; i++) expect([i, read(good.slice(0, i))]).toEqual([i, 'more'])
  expect(read(good)).toMatchObject({ sizeBytes: good.length })
})

const line = 'POST /api/chat HTTP/1.1\r\n'
const length = 'Content-Length: 0\r\n'
const others: readonly (readonly [what: string, text: string])[] = [
  ['another method', `GET /api/chat HTTP/1.1\r\n${host}\r\n`],
  ['a method in small letters', `post /api/chat HTTP/1.1\r\n${host}${length}\r\n`],
  ['another path', `POST /api/tags HTTP/1.1\r\n${host}${length}\r\n`],
  ['a query', `POST /api/chat?a HTTP/1.1\r\n${host}${length}\r\n`],
  ['a whole URL', `POST http://a/api/chat HTTP/1.1\r\n${host}${length}\r\n`],
  ['a doubled slash', `POST //api/chat HTTP/1.1\r\n${host}${length}\r\n`],
  ['HTTP/1.0', `POST /api/chat HTTP/1.0\r\n${host}${length}\r\n`],
  ['two blanks in the request line', `POST  /api/chat HTTP/1.1\r\n${host}${length}\r\n`],
  ['an empty line before it', `\r\n${good}`],
  ['a line that ends with a line feed alone', `POST /api/chat HTTP/1.1\n${host}${length}\r\n\r\n`],
  ['a header whose line ends with a line feed alone', `${line}Host: a\n${length}\r\n`],
  ['no host', `${line}${length}\r\n`],
  ['an empty host', `${line}Host:\r\n${length}\r\n`],
  ['two hosts', `${line}${host}${host}${length}\r\n`],
  ['no length', `${line}${host}\r\n`],
  ['two lengths', `${line}${host}${length}${length}\r\n`],
  ['two lengths by another spelling', `${line}${host}${length}content-length: 0\r\n\r\n`],
  ['a length with a sign', `${line}${host}Content-Length: +2\r\n\r\n{}`],
  ['a length that is no number', `${line}${host}Content-Length: 0x2\r\n\r\n{}`],
  ['a length that is a list', `${line}${host}Content-Length: 2, 2\r\n\r\n{}`],
  ['a length of ten digits', `${line}${host}Content-Length: 0000000002\r\n\r\n{}`],
  ['a body that is too long', `${line}${host}Content-Length: 21\r\n\r\n`],
  ['chunks', `${line}${host}Transfer-Encoding: chunked\r\n\r\n`],
  ['chunks and a length', `${line}${host}${length}Transfer-Encoding: chunked\r\n\r\n`],
  ['an expectation', `${line}${host}${length}Expect: 100-continue\r\n\r\n`],
  ['the end of the connection', `${line}${host}${length}Connection: close\r\n\r\n`],
  ['names that concern the connection', `${line}${host}${length}Connection: keep-alive, x\r\n\r\n`],
  ['a name that stands twice', `${line}${host}${length}Accept: a\r\nAccept: b\r\n\r\n`],
  ['a folded line', `${line}${host}${length}A: b\r\n c\r\n\r\n`],
  ['a blank before the colon', `${line}${host}${length}A : b\r\n\r\n`],
  ['a tab before the value', `${line}${host}${length}A:\tb\r\n\r\n`],
  ['two blanks before the value', `${line}${host}${length}A:  b\r\n\r\n`],
  ['a blank behind the value', `${line}${host}${length}A: b \r\n\r\n`],
  ['an empty value', `${line}${host}${length}A:\r\n\r\n`],
  ['a value beyond ASCII', `${line}${host}${length}A: \xe4\r\n\r\n`],
  ['a NUL', `${line}${host}${length}A: b\0c\r\n\r\n`],
  ['a line without a colon', `${line}${host}${length}Ab\r\n\r\n`],
  ['a name that is none', `${line}${host}${length}A(b: c\r\n\r\n`],
  ['a header that is no property', `${line}${host}${length}__proto__: x\r\n\r\n`],
  ['one header too many', `${line}${host}${length}a: a\r\nb: b\r\nc: c\r\nd: d\r\n\r\n`],
  ['a head that is too long', `${line}${host}${length}a: ${'a'.repeat(300)}\r\n\r\n`],
  ['a head that has no end', `${line}${host}${'a'.repeat(300)}`],
]

test.each(others)('%s is left to Node', (_, text) => {
  expect(read(text)).toBe('other')
})

test.each(['constructor', 'toString', 'hasOwnProperty'])('a header may be called %s', (name) => {
  const text = `${line}${host}${name}: x\r\n${length}\r\n`
  const found = read(text)
  expect(found).toMatchObject({ rawHeaders: ['Host', 'a', name, 'x', 'Content-Length', '0'] })
})
