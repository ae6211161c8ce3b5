import type { TLSSocket } from 'node:tls'
import type { PeerId } from '../identity/index.ts'
import type { LinkLimits } from './limits.ts'
import type { Visitor } from './listener.ts'
import type { Members } from './members.ts'

/** Connections whose other side has shown who it is, counted by who that is. */
export class Visitors {
  readonly #limits: LinkLimits
  readonly #members: Members
  readonly #visitors = new Map<TLSSocket, Visitor>()
  readonly #sockets = new Map<PeerId, Set<TLSSocket>>()
  /** Those on which nothing was asked yet: Node counts them among those that are at work. */
  readonly #unasked = new Set<TLSSocket>()
  /** Of strangers only, who may change their name as they like. */
  readonly #strangers = new Map<string, number>()
  #strangersCount = 0

  constructor(limits: LinkLimits, members: Members) {
    this.#limits = limits
    this.#members = members
  }

  /** False when there are too many of its kind; then it is not kept. */
  enter(socket: TLSSocket, visitor: Visitor): boolean {
    const { peer, source } = visitor
    const own = this.#sockets.get(peer) ?? new Set()
    const isStranger = !this.#members.has(peer)
    if (!(isStranger ? this.#hasRoomForStranger(source) : this.#hasRoomForMember(own))) return false
    this.#visitors.set(socket, visitor)
    this.#unasked.add(socket)
    this.#sockets.set(peer, own.add(socket))
    if (isStranger) this.#countStranger(source, 1)
    socket.once('close', () => {
      this.#visitors.delete(socket)
      this.#unasked.delete(socket)
      own.delete(socket)
      if (own.size === 0) this.#sockets.delete(peer)
      if (isStranger) this.#countStranger(source, -1)
    })
    return true
  }

  get(socket: unknown): Visitor | undefined {
    return this.#visitors.get(socket as TLSSocket)
  }

  /** Who asks on this connection. */
  asks(socket: unknown): Visitor | undefined {
    this.#unasked.delete(socket as TLSSocket)
    return this.get(socket)
  }

  /** Ends every connection of one at once. */
  drop(peer: PeerId): void {
    for (const socket of this.#sockets.get(peer) ?? []) socket.destroy()
  }

  /** Ends those on which nothing was ever asked. */
  dropUnasked(): void {
    for (const socket of this.#unasked) socket.destroy()
  }

  /** Ends all of them. */
  dropAll(): void {
    for (const socket of this.#visitors.keys()) socket.destroy()
  }

  #hasRoomForStranger(source: string): boolean {
    const { strangersMax, strangersPerSourceMax } = this.#limits
    const ofSource = this.#strangers.get(source) ?? 0
    return this.#strangersCount < strangersMax && ofSource < strangersPerSourceMax
  }

  #hasRoomForMember(own: ReadonlySet<TLSSocket>): boolean {
    const { connectionsMax, connectionsPerMemberMax } = this.#limits
    return this.#visitors.size < connectionsMax && own.size < connectionsPerMemberMax
  }

  #countStranger(source: string, by: 1 | -1): void {
    this.#strangersCount += by
    const ofSource = (this.#strangers.get(source) ?? 0) + by
    if (ofSource === 0) this.#strangers.delete(source)
    else this.#strangers.set(source, ofSource)
  }
}
