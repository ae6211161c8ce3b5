/** What goes wrong on the way between a client and an engine. */

export type Direction = 'toClient' | 'toEngine'

export interface LinkFaults {
  /** New connections are reset at once. */
  readonly refuse?: boolean
  /** Every byte arrives so much later, in each direction; `jitterMs` is added to it by seeded chance. Order is kept. */
  readonly delay?: { readonly ms: number; readonly jitterMs?: number; readonly seed?: number }
  /** So many bytes pass per second, in each direction of each connection. */
  readonly bytesPerSecond?: number
  /** Nothing passes and nothing is lost: it waits, and once the buffers are full the sender waits as well. */
  readonly stall?: Direction | 'both'
  /** One way: what goes in this direction is taken and thrown away, as if the route were gone. */
  readonly drop?: Direction
  /** A connection ends once so many bytes have passed in this direction. */
  readonly cut?: {
    readonly afterBytes: number
    readonly direction: Direction
    readonly how: CutBy
  }
}

/** `fin`: closed in good order, as by a program that ends; `rst`: reset, as by one that crashed or a firewall. */
export type CutBy = 'fin' | 'rst'

export interface LinkStats {
  /** Connections since the start, and open now. */
  readonly connections: number
  readonly openConnections: number
  /** Connections that a fault or a command ended; refused ones are not among them. */
  readonly cut: number
  readonly refused: number
  /** Bytes that were passed on. */
  readonly bytes: Readonly<Record<Direction, number>>
  /** Bytes that were thrown away. */
  readonly dropped: number
  /** Most bytes that one direction of one connection ever held. */
  readonly heldMax: number
}
