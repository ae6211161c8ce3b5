import { fileBytesHeader } from '../wire/http/file-bytes.ts'

/** Names and values in turn, as they stand on the wire. */
export type HeaderList = readonly string[]

/** Concern one connection only; RFC 9110 §7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Settled between the client and this gateway: the engine gets its own host and the length of what we hold; who the
 * client is and which page it comes from is not the engine's business, and an engine refuses foreign origins.
 */
const settledHere = new Set([
  'host',
  'content-length',
  'expect',
  'origin',
  'authorization',
  'x-api-key', // where Anthropic's clients put what is a bearer token elsewhere
  'cookie',
])

/** Ours: no client and no engine may speak in our name. */
const ownPrefix = 'x-od-'

/** Headers of a client that an engine gets: names, values and order untouched, others left out. */
export function requestHeaders(raw: HeaderList): string[] {
  const named = connectionTokens(raw)
  return filterHeaders(raw, (name) => {
    return (
      !hopByHop.has(name) &&
      !settledHere.has(name) &&
      !name.startsWith(ownPrefix) &&
      !named.has(name)
    )
  })
}

const contentHeaders = new Set(['cache-control', 'retry-after', fileBytesHeader])

/** Headers of an engine that a client gets: what describes the content, nothing about the engine itself. */
export function responseHeaders(raw: HeaderList): string[] {
  return filterHeaders(raw, (name) => {
    return name.startsWith('content-') || contentHeaders.has(name)
  })
}

/** First value of a header; `name` in lower case. */
export function headerValue(raw: HeaderList, name: string): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === name) return raw[i + 1]
  }
  return undefined
}

function filterHeaders(raw: HeaderList, keeps: (lowerName: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    if (keeps(name.toLowerCase())) kept.push(name, raw[i + 1] ?? '')
  }
  return kept
}

/** Headers that a `Connection` header, of which there may be several, declares to be hop-by-hop too. */
function connectionTokens(raw: HeaderList): ReadonlySet<string> {
  const tokens = new Set<string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.length !== 10 || raw[i]?.toLowerCase() !== 'connection') continue
    for (const token of raw[i + 1]?.split(',') ?? []) tokens.add(token.trim().toLowerCase())
  }
  return tokens
}
