import type { Socket } from 'node:net'
import type { LinkLimits } from './limits.ts'

/**
 * Connections whose handshake is not over. When there are too many, of one source or of all, the oldest is closed: an
 * honest handshake is over in milliseconds, so whoever waits longest is the one who never meant to go on.
 */
export class Doorway {
  readonly #limits: Pick<LinkLimits, 'halfOpenMax' | 'halfOpenPerSourceMax'>
  readonly #onClosed: (source: string) => void
  /** In the order in which they came. */
  readonly #waiting = new Map<string, { readonly socket: Socket; readonly source: string }>()
  readonly #ofSource = new Map<string, Set<string>>()

  /** `onClosed` hears of each that had to make room. */
  constructor(
    limits: Pick<LinkLimits, 'halfOpenMax' | 'halfOpenPerSourceMax'>,
    onClosed: (source: string) => void,
  ) {
    this.#limits = limits
    this.#onClosed = onClosed
  }

  enter(socket: Socket, source: string): void {
    const key = keyOf(socket)
    const own = this.#ofSource.get(source) ?? new Set()
    this.#ofSource.set(source, own)
    const oldest = own.size >= this.#limits.halfOpenPerSourceMax ? first(own) : undefined
    this.#close(oldest)
    if (this.#waiting.size >= this.#limits.halfOpenMax) this.#close(first(this.#waiting.keys()))
    this.#ofSource.set(source, own.add(key))
    this.#waiting.set(key, { socket, source })
    socket.once('close', () => this.#leave(key, socket))
  }

  /** Its handshake is over. `socket`: of any layer of it. */
  leave(socket: Socket): void {
    this.#leave(keyOf(socket))
  }

  /** Closes all of them. */
  clear(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy()
  }

  #close(key: string | undefined): void {
    const found = key === undefined ? undefined : this.#waiting.get(key)
    if (key === undefined || found === undefined) return
    this.#leave(key)
    found.socket.destroy()
    this.#onClosed(found.source)
  }

  #leave(key: string, socket?: Socket): void {
    const found = this.#waiting.get(key)
    if (found === undefined || (socket !== undefined && found.socket !== socket)) return
    this.#waiting.delete(key)
    const own = this.#ofSource.get(found.source)
    own?.delete(key)
    if (own?.size === 0) this.#ofSource.delete(found.source)
  }
}

/** What TLS over a connection shares with it. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

function first<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item
  return undefined
}
