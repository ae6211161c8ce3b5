/** Reads a request of the common shape, and nothing else: whatever is in doubt is Node's to read. Pure. */

/** A request that came whole. */
export interface WholeRequest {
  readonly target: string
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: string[]
  /** By lower-case name; no name stands twice. */
  readonly headers: Record<string, string>
  readonly body: Buffer
  /** Bytes of it; what follows is the next request's. */
  readonly sizeBytes: number
}

/** `more`: it may become one of that shape. `other`: it is none. */
export type Reading = WholeRequest | 'more' | 'other'

export interface ReadingBounds {
  readonly headerBytesMax: number
  readonly headerFieldsMax: number
  readonly bodyBytesMax: number
  /** The targets that are read, exactly as they stand in the request line. */
  readonly targets: ReadonlySet<string>
}

const start = 'POST /'
const version = ' HTTP/1.1\r\n'
const headEnd = '\r\n\r\n'

/** One line: a token, a colon, at most one blank, then printable ASCII that neither begins nor ends with a blank; RFC 9112 §5. */
const line = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ?([!-~](?:[ -~]*[!-~])?)\r\n/y

/** They change how the body is read or what the connection is, or are joined by Node in ways of their own. */
const unusual = new Set([
  'transfer-encoding',
  'expect',
  'te',
  'trailer',
  'keep-alive',
  'proxy-connection',
  'set-cookie',
  '__proto__',
])

/** A wish for another protocol changes nothing where none is granted (RFC 9110 §7.8); Java's own client has it in every request. */
const harmlessTokens = new Set(['keep-alive', 'upgrade', 'http2-settings'])

/**
 * Reads what has come of a request: `POST` to one of the targets, HTTP/1.1, one `Host`, one `Content-Length` in digits, no
 * name twice, nothing in `Connection` that ends it. Stricter than Node's parser, so that both read the same or this one gives way.
 */
export function readRequest(bytes: Buffer, bounds: ReadingBounds): Reading {
  const { headerBytesMax, headerFieldsMax, bodyBytesMax, targets } = bounds
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, headerBytesMax))
  if (!text.startsWith(start)) return start.startsWith(text) ? 'more' : 'other'
  const end = text.indexOf(headEnd)
  if (end < 0) return text.length < headerBytesMax ? 'more' : 'other'
  const lineEnd = text.indexOf(version)
  if (lineEnd < 0) return 'other'
  const target = text.slice(start.length - 1, lineEnd)
  if (!targets.has(target)) return 'other'
  const rawHeaders: string[] = []
  const headers: Record<string, string> = { __proto__: null as never }
  const last = end + 2
  line.lastIndex = lineEnd + version.length
  while (line.lastIndex < last) {
    const match = line.exec(text)
    if (match === null) return 'other'
    const [, name = '', value = ''] = match
    const lowerName = name.toLowerCase()
    if (unusual.has(lowerName) || lowerName in headers) return 'other'
    headers[lowerName] = value
    rawHeaders.push(name, value)
  }
  const { host, connection, 'content-length': length } = headers
  if (host === undefined || rawHeaders.length / 2 > headerFieldsMax) return 'other'
  if (connection !== undefined && !isKept(connection)) return 'other'
  if (length === undefined || !/^\d{1,9}$/.test(length)) return 'other'
  const bodyBytes = Number(length)
  if (bodyBytes > bodyBytesMax) return 'other'
  const bodyStart = end + headEnd.length
  const sizeBytes = bodyStart + bodyBytes
  if (bytes.length < sizeBytes) return 'more'
  return { target, rawHeaders, headers, body: bytes.subarray(bodyStart, sizeBytes), sizeBytes }
}

function isKept(connection: string): boolean {
  return connection
    .toLowerCase()
    .split(/ *, */)
    .every((token) => harmlessTokens.has(token))
}
