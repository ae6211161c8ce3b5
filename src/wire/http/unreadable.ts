/**
 * Go's words for what is no request, or none that its server serves: text, and the end of the connection as the end of the
 * answer, without a date. Source: Go net/http `readRequest` and `conn.serve`; recorded from Ollama 0.24.
 */
import { isHostText } from './host.ts'
import { isHostDisputed } from './target.ts'

/** Content type of all of them. */
export const unreadableType = 'text/plain; charset=utf-8'

export interface Unreadable {
  readonly status: number
  /** Behind the status in the first line. */
  readonly reason: string
  readonly body: string
}

/** What Node tells of bytes that its HTTP parser refused. */
export interface ParserError extends Error {
  readonly code?: string | undefined
  /** The parser's own words. */
  readonly reason?: string | undefined
  /** What the parser was reading when it gave up. */
  readonly rawPacket?: Buffer | undefined
}

/** `detail`: what Go says, where it says something. */
export function badRequest(detail?: string): Unreadable {
  return spelledOut(400, detail === undefined ? 'Bad Request' : `Bad Request: ${detail}`)
}

/** One whose text is its first line once more. */
function spelledOut(status: number, reason: string): Unreadable {
  return { status, reason, body: `${status} ${reason}` }
}

const unsupportedEncoding: Unreadable = {
  status: 501,
  reason: 'Not Implemented',
  body: 'Unsupported transfer encoding',
}

/** What Node says of a request that its parser has read. */
export interface RequestHead {
  readonly httpVersionMajor: number
  readonly httpVersionMinor: number
  readonly url?: string | undefined
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly headers: {
    readonly host?: string | undefined
    readonly 'transfer-encoding'?: string | undefined
  }
}

/**
 * What Node's parser lets pass and Go's server does not: another version, a coding of the body before its chunks, no host in
 * HTTP/1.1 or one that cannot be a host, several of them. Refused here alone is a host other than the target names: two
 * programs could read it in two ways (RFC 9112 §3.2).
 */
export function unreadableHead(request: RequestHead): Unreadable | undefined {
  const { httpVersionMajor, httpVersionMinor, url = '', rawHeaders, headers } = request
  if (httpVersionMajor < 1) return badRequest() // a line without a version, too
  if (httpVersionMajor > 1) {
    return spelledOut(505, 'HTTP Version Not Supported: unsupported protocol version')
  }
  const coding = headers['transfer-encoding']?.toLowerCase()
  if (coding !== undefined && coding !== 'chunked') return unsupportedEncoding
  if (coding !== undefined && httpVersionMinor === 0) return badRequest() // Go takes such chunks for the next request
  const { host } = headers
  if (host === undefined) {
    return httpVersionMinor >= 1 ? badRequest('missing required Host header') : undefined
  }
  if (countOf(rawHeaders, 'host') > 1) return badRequest()
  if (!isHostText(host)) return badRequest('malformed Host header')
  return isHostDisputed(url, host) ? badRequest() : undefined
}

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length === name.length && rawHeaders[i]?.toLowerCase() === name) count++
  }
  return count
}

/** A name with blanks behind it: Go keeps it as one, and then refuses it by name. */
const spacedName = /\n[!#$%&'*+\-.^_`|~\w]+ +:/

/** What Node's parser did not let pass. */
export function unreadableBytes({ code, reason, rawPacket }: ParserError): Unreadable {
  if (code === 'HPE_INVALID_TRANSFER_ENCODING' && reason?.includes('Length') !== true) {
    return unsupportedEncoding // not where a length stands beside it
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return spelledOut(431, 'Request Header Fields Too Large')
  }
  const isNamed =
    code === 'HPE_INVALID_HEADER_TOKEN' && spacedName.test(rawPacket?.toString('latin1') ?? '')
  return isNamed ? badRequest('invalid header name') : badRequest()
}

/** Whether the refusal of a broken body says that the connection ends: Go does not where fewer bytes came than were announced. */
export function saysClose(
  { code }: ParserError,
  { 'content-length': announced }: { readonly 'content-length'?: string | undefined },
): boolean {
  return code !== 'HPE_INVALID_EOF_STATE' || announced === undefined
}

/** What a JSON route says of a body that breaks off or is no chunks; undefined where something else is wrong. */
export function brokenBody({ code }: ParserError): string | undefined {
  if (code === 'HPE_INVALID_EOF_STATE') return 'unexpected EOF'
  return code === 'HPE_INVALID_CHUNK_SIZE' ? 'invalid byte in chunk length' : undefined
}

/** A request line with any method that RFC 9110 §5.6.2 allows. */
const requestLine = /^([!#$%&'*+\-.^_`|~\w]+) (\S+) HTTP\/1\.[01]\r\n/

/** What was asked where Node's parser does not know the method; undefined where the method is not at fault. */
export function requestOfUnknownMethod(
  { code, rawPacket }: ParserError,
  lineBytesMax: number,
): { readonly method: string; readonly target: string } | undefined {
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined) return undefined
  const [, method, target] = requestLine.exec(rawPacket.toString('latin1', 0, lineBytesMax)) ?? []
  return method === undefined || target === undefined ? undefined : { method, target }
}
