/** What must become of a request, said without the gateway's own readers: only its table of routes is taken over. */
import { METHODS } from 'node:http'
import { type Route, routes } from '../../../src/gateway/routes.ts'
import { type GoReading, readAsGo, textField } from './go-reader.ts'
import { type ReadRequest, valuesOf } from './strict-reader.ts'

/** A request as an engine must see it. */
export interface Relayed {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export interface Expected {
  /** `maybe`: what is wrong with it is refused by the gateway or by the engine, as one of them sees it first. */
  readonly who: 'engine' | 'gateway' | 'maybe'
  readonly route?: Route
  /** What an engine sees, if it sees it. */
  readonly relayed?: Relayed
  /** Classes of the status that the gateway's own answer may have. */
  readonly classes: readonly number[]
  /** Whether the connection goes on; `either` where that depends on how far the body has come. */
  readonly after: 'open' | 'closed' | 'either'
  /** The model that is asked for, as the client spelt it; absent where the body is none that Go reads. */
  readonly model?: string
}

/** The edge's limits that the fuzzer reaches. */
export interface EdgeLimits {
  readonly headerBytesMax: number
  readonly headerFieldsMax: number
  readonly urlBytesMax: number
  readonly clientBodyBytesMax: number
  readonly droppedBodyBytesMax: number
}

const refused = (after: Expected['after']): Expected => ({ who: 'gateway', classes: [4], after })

/** Judges a request of which all has come, or, where `isCut`, the head alone. */
export function expectationOf(request: ReadRequest, limits: EdgeLimits, isCut = false): Expected {
  const { headers, method, target, minor } = request
  const [host, ...more] = valuesOf(headers, 'host')
  const authority = /^https?:\/\/([^/?]*)/i.exec(target)?.[1]
  const expects = valuesOf(headers, 'expect').join().toLowerCase()
  if (!METHODS.includes(method)) return { ...refused('closed'), classes: [3, 4] } // Node's parser ends with it
  const isRefused =
    method === 'CONNECT' ||
    headers.length > limits.headerFieldsMax ||
    headers.flat().join('').length > limits.headerBytesMax ||
    target.length > limits.urlBytesMax ||
    more.length > 0 ||
    (host === undefined && minor === 1) ||
    (host !== undefined && !/^[\w\-.~!$&'()*+,;=:%[\]]*$/.test(host)) ||
    (host !== undefined &&
      authority !== undefined &&
      authority.toLowerCase() !== host.toLowerCase()) ||
    (expects !== '' && expects !== '100-continue')
  if (isRefused) return refused('closed')
  const relative =
    authority === undefined ? target : target.slice(target.indexOf(authority) + authority.length)
  const found = findRoute(method, relative)
  if (found === 'malformed') return refused('closed')
  const after = afterOf(request, isCut, limits)
  if (found === 'server') return { who: 'gateway', classes: [2], after }
  if (found === 'redirect') return { who: 'gateway', classes: [3, 4], after }
  const sender = senderOf(host ?? '', valuesOf(headers, 'origin'))
  if (sender === 'foreign') return { who: 'gateway', classes: [2, 4], after }
  if (method === 'OPTIONS') return { who: 'gateway', classes: [2, 4], after }
  if (found === undefined) return refused(after)
  const expected = routed(request, found, after, limits)
  if (sender === 'own') return expected
  const mayEnd = after === 'closed' ? after : 'either'
  const who = expected.relayed === undefined ? 'gateway' : 'maybe'
  return { ...expected, who, classes: [...expected.classes, 4], after: mayEnd }
}

/** What becomes of a request that found its route. */
function routed(
  request: ReadRequest,
  { route, query, digest }: Found,
  after: Expected['after'],
  limits: EdgeLimits,
): Expected {
  const { method, headers, body, isChunked } = request
  const { handling, path, modelIn } = route
  if (handling.type === 'registry') return { who: 'gateway', classes: [2, 4], after, route }
  if (handling.type === 'list' || handling.type === 'answer') {
    const isAsked = path.includes(':') // of one model, which may not be there
    return { who: 'gateway', classes: isAsked ? [2, 4] : [2], after, route }
  }
  if (handling.type === 'blob') {
    if (!/^sha256[:-][\da-fA-F]{64}$/.test(digest)) return refused(after)
    const isQuestion = method === 'HEAD' // to which a body means nothing
    const relayed = relayedAs(
      request,
      path.replace(':digest', digest) + query,
      isQuestion ? '' : body,
    )
    return { who: 'engine', classes: isQuestion ? [2] : [], route, after, relayed }
  }
  if (handling.type === 'import') return { ...refused(after), route } // no engine of ours is there
  // No engine may ask the cloud. Such a body has a bound of its own, longer than any that is sent here.
  if (handling.type === 'account') return { ...refused(endsWith(request)), route }
  const isArchive = path === '/api/od/export' // which only our own engine gives
  const length = isChunked ? body.length : Number(valuesOf(headers, 'content-length')[0] ?? 0)
  if (length > limits.clientBodyBytesMax) return { ...refused('closed'), route }
  const isPacked = path.startsWith('/v1/') && valuesOf(headers, 'content-encoding').includes('zstd')
  const isUnread = modelIn === 'form' || isPacked
  if (isArchive) return { who: 'gateway', classes: [4], route, after: endsWith(request) }
  const go = readAsGo(body)
  const model = modelIn === 'json' && !isPacked ? modelOf(go) : undefined
  return {
    who: isUnread ? 'engine' : whoJudges(path, go, body),
    classes: [4],
    route,
    after: endsWith(request),
    relayed: relayedAs(request, path + query, body),
    ...(model === undefined ? {} : { model }),
  }
}

/** As Ollama: `model`, or the older `name`. */
function modelOf(go: GoReading): string | undefined {
  if (go.type !== 'object') return undefined
  const model = textField(go, 'model')
  return model === '' ? textField(go, 'name') : model
}

/** What kills an engine is refused; whether it is that is sure only where the body is JSON. */
function whoJudges(path: string, go: GoReading, body: string): Expected['who'] {
  if (path === '/api/push') return 'maybe' // by whoever has the model
  if (go.type === 'invalid')
    return /\[[^[]*\[|\{[^{]*\{|context|info|files|adapters/i.test(body) || body.includes('\\u')
      ? 'maybe'
      : 'engine'
  const nestedKeys = (body.match(/,/g)?.length ?? 0) >= 10_000
  if (go.depth > 128) return 'gateway'
  if (nestedKeys) return 'maybe'
  const keys = go.members.map(({ key }) => key)
  if (
    path === '/api/create' &&
    ['info', 'files', 'adapters', 'draft_files'].some((key) => keys.includes(key))
  )
    return 'maybe'
  if (path !== '/api/generate') return 'engine'
  const tokens = go.members
    .filter(({ key, kind }) => key === 'context' && kind === 'array')
    .map(({ raw }) => raw)
  if (tokens.length === 0) return 'engine'
  const isPlain = tokens.every((raw) => /^\[[\s\d,-]*\]$/.test(raw))
  if (!isPlain) return 'maybe'
  const ids = tokens.flatMap((raw) => (raw.match(/-?\d+/g) ?? []).map(Number))
  return ids.some((id) => id < 0 || id > 1_048_576) ? 'gateway' : 'engine'
}

function endsWith({ headers, minor }: ReadRequest): Expected['after'] {
  const wishes = valuesOf(headers, 'connection').join().toLowerCase()
  if (minor === 0) return 'either'
  if (valuesOf(headers, 'proxy-connection').length > 0) return 'either' // which Node's parser takes for `Connection`
  if (/(^|,)\s*close\s*(,|$)/.test(wishes)) return 'closed'
  if (valuesOf(headers, 'upgrade').length > 0) return 'either' // kept by the lane alone
  const isTold = valuesOf(headers, 'expect').length > 0 // too late, where its turn came after its answer
  return isTold || wishes.includes('close') ? 'either' : 'open'
}

/** A body that nobody reads ends the connection where it is long, or its length is not known. */
function afterOf(
  request: ReadRequest,
  isCut: boolean,
  { droppedBodyBytesMax }: EdgeLimits,
): Expected['after'] {
  const after = endsWith(request)
  if (after === 'closed') return after
  return request.isChunked || isCut || request.body.length > droppedBodyBytesMax ? 'either' : after
}

type Found = { readonly route: Route; readonly query: string; readonly digest: string }

/** What a request line leads to, origin left out. */
export function findRoute(
  method: string,
  target: string,
): Found | 'malformed' | 'redirect' | 'server' | undefined {
  if (method === 'OPTIONS' && target === '*') return 'server'
  const mark = target.indexOf('?')
  const raw = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark)
  const path = decode(raw.replaceAll(/\/+/g, '/') || '/')
  if (path === undefined || !path.startsWith('/')) return 'malformed'
  if (raw.split('/').some((part) => part === '.' || part === '..')) return 'redirect'
  for (const route of routes) {
    const digest = match(route, path)
    if (digest !== undefined && route.methods.includes(method)) return { route, query, digest }
  }
  const isNear =
    path.endsWith('/') &&
    routes.some(
      (route) => route.methods.includes(method) && match(route, path.slice(0, -1)) !== undefined,
    )
  return isNear ? 'redirect' : undefined
}

/** The digest, or other name, that ends it; '' where the route has none; undefined when the path is another one. */
function match({ path }: Route, asked: string): string | undefined {
  if (!path.includes(':')) return path === asked ? '' : undefined
  const given = asked.split('/')
  const wanted = path.split('/')
  const fits = (part: string, i: number) =>
    part.startsWith(':') ? given[i] !== '' : part === given[i]
  return given.length === wanted.length && wanted.every(fits) ? given.at(-1) : undefined
}

/** Percent codes must spell UTF-8. */
function decode(path: string): string | undefined {
  if (/%(?![\da-fA-F]{2})/.test(path)) return undefined
  const spelt = path.replaceAll(/(?:%[\da-fA-F]{2})+/g, (codes) => {
    const bytes = Buffer.from(codes.replaceAll('%', ''), 'hex')
    const text = bytes.toString('utf8')
    return Buffer.from(text).equals(bytes) ? text : '\n'
  })
  return spelt.includes('\n') && !/%0a/i.test(path) ? undefined : spelt
}

/** On a loopback listener only names of this machine and its network are its own. `unsure`: nothing that the fuzzer has a name for. */
function senderOf(host: string, origins: readonly string[]): 'own' | 'foreign' | 'unsure' {
  const name = host.toLowerCase().replace(/:\d*$/, '')
  const [origin = ''] = origins
  const isOwn = ['', 'localhost', '127.0.0.1', '[::1]', 'x.local', '10.0.0.1'].includes(name)
  const isOwnPage =
    origins.length < 2 && ['', 'http://localhost', 'http://localhost:3000'].includes(origin)
  if (isOwn && isOwnPage) return 'own'
  return ['evil.example', '8.8.8.8'].includes(name) ||
    (origins.length < 2 && origin === 'http://evil.example')
    ? 'foreign'
    : 'unsure'
}

const betweenTwo = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
  'origin',
  'authorization',
  'cookie',
]

/** Headers of one connection stay on it: RFC 9110 §7.6.1, which has every `Connection` line count. */
function relayedAs({ method, headers }: ReadRequest, target: string, body: string): Relayed {
  const named = valuesOf(headers, 'connection').flatMap((value) =>
    value.toLowerCase().split(/[\t ]*,[\t ]*/),
  )
  const isOwn = (name: string) =>
    name.startsWith('x-od-') || betweenTwo.includes(name) || named.includes(name)
  return { method, target, body, headers: headers.filter(([name]) => !isOwn(name.toLowerCase())) }
}
