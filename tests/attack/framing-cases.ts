import { seededRandom } from '../../src/sys/random.ts'

/** Bytes that no client should send, and what they get. */
export interface FramingCase {
  /** Row of the attack table, and which of its inputs. */
  readonly title: string
  readonly bytes: string
  readonly status: number
  /** Whether the connection must end with the answer. */
  readonly after: 'closed' | 'open'
}

const post = 'POST /api/generate HTTP/1.1\r\nHost: localhost\r\n'
const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
const file = post.replace('generate', `blobs/sha256:${'a1'.repeat(32)}`)
const rest = 'HTTP/1.1\r\nHost: localhost\r\n\r\n'
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`
const fields = (count: number) => Array.from({ length: count }, (_, i) => `x${i}:1\r\n`).join('')

export const framingCases: readonly FramingCase[] = [
  ...refused(
    'A-01: two different lengths',
    `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `,
  ),
  ...refused(
    'A-02: a length and chunks',
    `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  ),
  // 501 as Ollama and RFC 9112 §6.1 have it, where the attack table says 400.
  ...[
    'xchunked',
    'chunked, identity',
    'chunked, chunked',
    'gzip',
    'gzip, chunked',
    'identity',
  ].flatMap((coding) =>
    refused(`A-03: coded ${coding}`, `${post}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`, 501),
  ),
  ...refused(
    'A-03: coded chunked twice',
    `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    501,
  ),
  ...refused('A-04: bare line feeds', 'GET / HTTP/1.1\nHost: localhost\n\n'),
  ...refused('A-04: a folded header', `${get}X-A: b\r\n c\r\n\r\n`),
  ...refused('A-04: a blank before the colon', `${get}X-A : b\r\n\r\n`),
  ...['\0', '\r', '\n'].flatMap((byte) =>
    refused(`A-05: ${JSON.stringify(byte)} in a header`, `${get}X-A: b${byte}c\r\n\r\n`),
  ),
  ...refused('A-06: no Host', 'GET / HTTP/1.1\r\n\r\n'),
  ...refused('A-06: two equal Hosts', `${get}Host: localhost\r\n\r\n`),
  ...refused('A-06: a Host that can be none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'),
  ...refused(
    'A-07: a target of another host',
    get.replace('/ ', 'http://example.com/ ').concat('\r\n'),
  ),
  ...refused('A-09: the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  ...refused('A-09: a hello of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
  ...refused('A-09: an SSH banner', 'SSH-2.0-OpenSSH_9.9\r\n'),
  ...refused('A-09: a hello of TLS without an end of line', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'),
  ...[1, 2, 3].flatMap((seed) => refused(`A-09: noise of seed ${seed}`, noise(seed))),
  ...['BREW', 'get', "B'R|E~W"].flatMap((method) => [
    ...refused(`A-10: the invented method ${method}`, `${method} /api/tags ${rest}`, 405),
    ...refused(`A-10: the invented method ${method} where nothing is`, `${method} /a ${rest}`, 404),
  ]),
  ...refused('A-10: a method that can be none', `BR@W /api/tags ${rest}`),
  {
    title: 'A-10: TRACE',
    bytes: 'TRACE /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n',
    status: 405,
    after: 'open',
  },
  {
    title: 'A-10: CONNECT',
    // Ollama's answer, where the attack table has 405: to its router a tunnel is a path that does not exist.
    bytes: 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n',
    status: 404,
    after: 'closed',
  },
  ...refused(
    'A-14: a chunk extension of 20 KB',
    `${chunked}2;x=${'y'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
  ),
  ...refused('A-14: a chunk size of 20 digits', `${chunked}${'f'.repeat(20)}\r\n{}`),
  ...refused('A-14: a negative chunk size', `${chunked}-2\r\n{}\r\n0\r\n\r\n`),
  ...refused(
    'A-14: a negative chunk size in a file that is passed on as it comes',
    `${file}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n-2\r\n{}\r\n0\r\n\r\n`,
  ),
  ...refused('A-15: a header of 20 KB', `${get}X-A: ${'b'.repeat(20_000)}\r\n\r\n`, 431),
  ...refused('A-15: a header of 4 MB', `${get}X-A: ${'b'.repeat(4_000_000)}\r\n\r\n`, 431),
  ...refused('A-15: 3,000 headers', `${get}${fields(3_000)}\r\n`, 431),
  ...refused('A-16: 129 tiny headers', `${get}${fields(128)}\r\n`, 431),
  ...refused('A-16: 1,900 tiny headers', `${get}${'x:1\r\n'.repeat(1_900)}\r\n`, 431),
]

/** 512 bytes of any value. */
function noise(seed: number): string {
  return Buffer.from(seededRandom(seed).hex(512), 'hex').toString('latin1')
}

function refused(title: string, bytes: string, status = 400): FramingCase[] {
  return [{ title, bytes, status, after: 'closed' }]
}
