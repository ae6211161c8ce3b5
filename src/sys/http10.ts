import type { Socket } from 'node:net'

const modern = 'HTTP/1.1 '
const old = 'HTTP/1.0 '

/** What is asked of a request to know. */
interface Versioned {
  readonly httpVersionMajor: number
  readonly httpVersionMinor: number
}

/** What is needed of Node's `ServerResponse`. */
interface Response {
  readonly shouldKeepAlive: boolean
  readonly socket: Socket | null
  once(event: 'socket', listener: () => void): unknown
  removeHeader(name: string): void
}

/** True for a client that says HTTP/1.0. */
export function isHttp10({ httpVersionMajor, httpVersionMinor }: Versioned): boolean {
  return httpVersionMajor === 1 && httpVersionMinor === 0
}

/**
 * Makes an answer, of which nothing was written yet, one in HTTP/1.0, as Go's server does for a client that says so. Its first line has
 * that version: Node writes HTTP/1.1 for everyone, which RFC 9112 §2.3 allows but an old client may not read. A connection that ends
 * is not announced, since without `Connection: keep-alive` all of them end.
 */
export function answerInHttp10(response: Response): void {
  if (!response.shouldKeepAlive) response.removeHeader('connection')
  const { socket } = response
  if (socket !== null) renameFirst(socket)
  else response.once('socket', () => renameFirst(response.socket)) // its turn on the connection comes later
}

/** The head is the first that an answer writes. */
function renameFirst(socket: Socket | null): void {
  if (socket === null) return
  const write = socket.write.bind(socket)
  socket.write = (bytes: string | Uint8Array, ...rest: never[]) => {
    Reflect.deleteProperty(socket, 'write')
    const isHead = typeof bytes === 'string' && bytes.startsWith(modern)
    return write(isHead ? old + bytes.slice(modern.length) : bytes, ...rest)
  }
}
