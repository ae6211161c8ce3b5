/** Requests that are well framed, whatever they ask; Latin-1 characters, one a byte. */
import * as fc from 'fast-check'
import { type Route, routes } from '../../../src/gateway/routes.ts'
import { anyBody } from './bodies.ts'

export const digest = `sha256:${'a1'.repeat(32)}`

const fill = (path: string) => path.replace(':digest', digest).replace(/\/:\w+$/, '/alpha')

/** Nearly a digest; what an engine takes for the name of a file must not come so far. */
const noDigests = [
  digest.slice(0, -1),
  `${digest}0`,
  digest.replace('256', '512'),
  digest.replace('sha256:', ''),
  digest.replace('a1', 'g1'),
  digest.replace(':', '%2f'),
  digest.replace('a1', '%00'),
  'sha256:..%5c..%5cx',
  'sha256:..%2f..%2fx',
  'sha256:%252e%252e%252fx',
  '%2e%2e',
]

/** Of every route with every method that it takes, and the files of models by names that are none. */
const calls = routes.flatMap(({ path, methods }) => {
  const odd = path.includes(':digest') ? noDigests.map((text) => path.replace(':digest', text)) : []
  return [fill(path), ...odd].flatMap((one) => methods.map((method) => ({ method, path: one })))
})

const field = (name: string, ...values: string[]) => values.map((value) => `${name}: ${value}`)

/** Headers that clients and proxies send, and those that mean something between two machines only. */
const headerLines = [
  ...field('Accept', '*/*', 'application/json', 'text/html'),
  ...field('Content-Type', 'application/json', 'text/plain', '', 'x\xff'),
  ...field(
    'Connection',
    'keep-alive',
    'X-Hop',
    'x-hop, Keep-Alive',
    'upgrade',
    'close',
    ', ,',
    'content-length',
    'TE',
  ),
  ...field('Keep-Alive', 'timeout=5'),
  ...field('X-Hop', '1', 'two'),
  ...field('TE', 'trailers'),
  ...field('Trailer', 'X-T'),
  ...field('Upgrade', 'websocket', 'h2c'),
  ...field('HTTP2-Settings', 'AAMAAABkAAQAAP__'),
  ...field('Proxy-Connection', 'keep-alive'),
  ...field('Proxy-Authorization', 'Basic eA=='),
  ...field('Authorization', 'Bearer x'),
  ...field('Cookie', 'a=b'),
  ...field(
    'Origin',
    'http://localhost',
    'http://localhost:3000',
    'http://evil.example',
    'null',
    '',
  ),
  ...field('Expect', '100-continue', '100-Continue', 'x'),
  ...field('X-Od-Engine', 'two'),
  ...field('x-od-request-id', 'mine'),
  ...field('X-Forwarded-For', '10.0.0.1'),
  ...field('X-HTTP-Method-Override', 'DELETE'),
  ...field('Content-Encoding', 'gzip', 'zstd'),
  ...field('Accept-Encoding', 'gzip'),
  ...field('User-Agent', 'ollama/0.24 (amd64 linux) Go/1.24'),
  ...field('X-Latin', '\xe9\xff', 'a\tb', '"', '   ', ''),
  Array.from({ length: 126 }, (_, i) => `x${i}: 1`).join('\r\n'),
  ...field('Content_Length', '3'),
  ...field('Transfer_Encoding', 'chunked'),
  ...field("!#$%&'*+-.^_`|~", 'token'),
]

const hosts = [
  'localhost',
  'localhost:1',
  '127.0.0.1:11434',
  '[::1]',
  'LOCALHOST',
  'x.local',
  '10.0.0.1',
]
const foreignHosts = ['evil.example', 'a b', '', 'localhost@evil.example', '8.8.8.8', 'localhost/']

const often = <T>(usual: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>, weight = 12) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: seldom })

const host = often(fc.constantFrom(...hosts), fc.constantFrom(...foreignHosts))

/** Other spellings of a path, of which some mean the same. */
function respelt(path: string): fc.Arbitrary<string> {
  const code = (at: number) => {
    const index = at % path.length
    return `${path.slice(0, index)}%${path.charCodeAt(index).toString(16)}${path.slice(index + 1)}`
  }
  return fc.oneof(
    fc.nat(60).map(code),
    fc.constantFrom(
      `/${path}`,
      `${path}/`,
      `${path}//`,
      path.replaceAll('/', '//'),
      path.toUpperCase(),
      `/.${path}`,
      `/x/..${path}`,
      `${path}/.`,
      `${path}/..`,
      `${path}%2f`,
      `${path}%2f%2F`,
      path.replaceAll('/', '/%2f'),
      path.replaceAll('/', '%2f'),
      path.replace(/\/(?=[^/]*$)/, '%2F'),
      path.replace(/\/(?=[^/]*$)/, '/%2f'),
      path.replace(/\/(?=[^/]*$)/, '%2f..%2f'),
      path.replace(/\/(?=[^/]*$)/, '/%2e%2f'),
      `${path}%`,
      `${path}%zz`,
      `${path}%00`,
      `${path}\xff`,
      `${path};a`,
      `${path}#f`,
      path.slice(1),
      `http://localhost${path}`,
      `HTTP://LOCALHOST${path}`,
      `http://evil.example${path}`,
      `//evil.example${path}`,
      path.replace('/', '\\'),
      `${path}%252e`,
      `/%2e%2e${path}`,
      '*',
      '/',
      `${path}/x`,
      path.slice(0, -1),
      'localhost:1',
    ),
  )
}

const query = fc.constantFrom(
  '',
  '',
  '',
  '?',
  '?a=b',
  '?a=b&c=%00',
  '?/../',
  '?x=\xe9',
  '??',
  '?q=\'"<>{}',
  `?${'q'.repeat(300)}`,
)

/** A path in one of its spellings, and what may stand behind it. */
export const target = (path: string) =>
  fc.tuple(often(fc.constant(path), respelt(path), 5), query).map((parts) => parts.join(''))

export const otherMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'get',
  'M-SEARCH',
  'BREW',
  'SOURCE',
]

/** A body in its frame: the header lines that it needs, and the bytes. */
const framed: fc.Arbitrary<readonly [string, string]> = anyBody.chain((text) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([`Content-Length: ${text.length}`, text] as const) },
    {
      weight: 2,
      arbitrary: chunked(text).map((bytes) => ['Transfer-Encoding: chunked', bytes] as const),
    },
  ),
)

function chunked(text: string): fc.Arbitrary<string> {
  const extensions = fc.constantFrom('', '', '', ';a', ';a=b', ';a="b c"')
  const trailers = fc.constantFrom('', '', 'X-T: 1\r\n', 'Content-Length: 3\r\nHost: x\r\n')
  const isUpper = fc.boolean()
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 })
  return fc.tuple(cuts, extensions, trailers, isUpper).map(([sizes, extension, trailer, upper]) => {
    let at = 0
    let bytes = ''
    for (const size of [...sizes, text.length]) {
      const piece = text.slice(at, at + size)
      at += piece.length
      if (piece === '') break
      const digits = piece.length.toString(16)
      bytes += `${upper ? digits.toUpperCase() : digits}${extension}\r\n${piece}\r\n`
    }
    return `${bytes}0${extension}\r\n${trailer}\r\n`
  })
}

const none: fc.Arbitrary<readonly [string, string]> = fc.constant(['X-None: 1', ''])

/** A request that is well framed; what it asks may be odd. */
export const request: fc.Arbitrary<string> = fc
  .tuple(
    fc
      .constantFrom(...calls)
      .chain(({ method, path }) =>
        fc.tuple(often(fc.constant(method), fc.constantFrom(...otherMethods)), target(path)),
      ),
    host,
    fc.array(fc.constantFrom(...headerLines), { maxLength: 4 }),
    often(framed, none, 6),
    often(fc.constant('1.1'), fc.constant('1.0'), 20),
  )
  .map(([[method, path], name, lines, [frame, bytes], version]) => {
    const head = [`${method} ${path} HTTP/${version}`, `Host: ${name}`, ...lines, frame]
    return `${head.join('\r\n')}\r\n\r\n${bytes}`
  })

/** A request for one of these routes, with nothing odd but its body. */
export function plainRequest(among: readonly Route[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...among), framed).map(([{ path }, [frame, bytes]]) => {
    return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${frame}\r\n\r\n${bytes}`
  })
}
