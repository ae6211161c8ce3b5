/**
 * A second reading of what a client sent, by RFC 9112 alone and as strictly as it can be read, made without the product's
 * parser: what it calls a request is the only thing that may reach an engine.
 */

/** Bytes are Latin-1 characters: one character, one byte. */
export interface ReadRequest {
  readonly method: string
  readonly target: string
  readonly minor: 0 | 1
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Without its framing. */
  readonly body: string
  readonly isChunked: boolean
}

export interface Reading {
  readonly requests: readonly ReadRequest[]
  /** `malformed`: what follows is no request. `cut`: one has begun. `head` is there in both where its head was right. */
  readonly end: 'clean' | 'malformed' | 'cut'
  readonly head?: ReadRequest
}

const token = /^[!#$%&'*+\-.^_`|~\w]+$/
// Laxer than the RFC's grammar in two things that nobody can read otherwise: more blanks than one (RFC 9112 §3 lets a server),
// and RTSP's name for the protocol, which Node's parser takes for HTTP's.
const requestLine = /^(\S+) +((?:\/|\*|[a-zA-Z]+:\/\/)[!-~]*) +(?:HTTP|RTSP)\/1\.([01])$/
const fieldValue = /^[\t -~\x80-\xff]*$/
// Of an extension (RFC 9112 §7.1.1), which nobody acts on, Node's parser lets the name be missing before `=` or the next `;`. Blanks
// before it are bad ones that a reader may drop; Node's parser refuses them.
const extensionValue = /[!#$%&'*+\-.^_`|~\w]*|"([\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"/
const extension = `;(?!$)[!#$%&'*+\\-.^_\`|~\\w]*(=(${extensionValue.source}))?`
const chunkLine = new RegExp(`^([\\da-fA-F]{1,16})(${extension})*$`)

class Malformed extends Error {}
class Cut extends Error {}

/** Reads request after request until the bytes end or are no request any more. */
export function readStrictly(bytes: string): Reading {
  const requests: ReadRequest[] = []
  const place = { at: 0 }
  let head: ReadRequest | undefined
  try {
    for (;;) {
      head = undefined
      while (bytes[place.at] === '\r' || bytes[place.at] === '\n') place.at++
      if (place.at === bytes.length) return { requests, end: 'clean' }
      head = readHead(bytes, place)
      requests.push({ ...head, body: readBody(bytes, place, head) })
    }
  } catch (error) {
    if (!(error instanceof Malformed || error instanceof Cut)) throw error
    const end = error instanceof Cut ? 'cut' : 'malformed'
    return { requests, end, ...(head === undefined ? {} : { head }) }
  }
}

interface Place {
  at: number
}

/** Ends with CRLF; neither of the two stands in it. */
function readLine(bytes: string, place: Place): string {
  const end = bytes.indexOf('\n', place.at)
  const line = bytes.slice(place.at, end < 0 ? undefined : end)
  const isBroken = /\r(?!$)/.test(line) || (end >= 0 && !line.endsWith('\r'))
  if (isBroken) throw new Malformed()
  if (end < 0) throw new Cut()
  place.at = end + 1
  return line.slice(0, -1)
}

function readHead(bytes: string, place: Place): ReadRequest {
  const [, method = '', target = '', version] = requestLine.exec(readLine(bytes, place)) ?? []
  if (!token.test(method)) throw new Malformed()
  const headers = readFields(bytes, place)
  const minor = version === '1' ? 1 : 0
  const codings = valuesOf(headers, 'transfer-encoding')
  const lengths = valuesOf(headers, 'content-length')
  const isChunked = codings.length > 0
  const isPlain = codings.length === 1 && codings[0]?.toLowerCase() === 'chunked'
  if (isChunked && (!isPlain || lengths.length > 0 || minor === 0)) throw new Malformed()
  if (lengths.length > 1 || !lengths.every((text) => /^\d{1,19}$/.test(text))) throw new Malformed()
  return { method, target, minor, headers, body: '', isChunked }
}

function readFields(bytes: string, place: Place): [string, string][] {
  const fields: [string, string][] = []
  for (let line = readLine(bytes, place); line !== ''; line = readLine(bytes, place)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0))
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, '')
    if (!token.test(name) || !fieldValue.test(value)) throw new Malformed()
    fields.push([name, value])
  }
  return fields
}

/** Every value that a header has, the name in lower case. */
export function valuesOf(headers: ReadRequest['headers'], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

function readBody(bytes: string, place: Place, { headers, isChunked }: ReadRequest): string {
  if (isChunked) return readChunks(bytes, place)
  const [length = '0'] = valuesOf(headers, 'content-length')
  return take(bytes, place, Number(length))
}

function readChunks(bytes: string, place: Place): string {
  let body = ''
  for (;;) {
    const size = chunkLine.exec(readLine(bytes, place))?.[1]
    if (size === undefined) throw new Malformed()
    const length = Number.parseInt(size, 16)
    if (length === 0) break
    body += take(bytes, place, length)
    if (readLine(bytes, place) !== '') throw new Malformed()
  }
  const trailers = readFields(bytes, place)
  if (trailers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name)))
    throw new Malformed() // RFC 9110 §6.5.1
  return body
}

function take(bytes: string, place: Place, length: number): string {
  if (place.at + length > bytes.length) throw new Cut()
  place.at += length
  return bytes.slice(place.at - length, place.at)
}
