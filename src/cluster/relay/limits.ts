/** Bounds of relaying, each with its reason. Times in milliseconds. */
export interface RelayLimits {
  readonly relays: number
  readonly parked: number
  readonly parkedPerNodeMax: number
  readonly parkedMax: number
  readonly streamsPerPairMax: number
  readonly streamsMax: number
  readonly waitingPerNodeMax: number
  readonly waitMs: number
  readonly wakeMs: number
  readonly idleMs: number
  readonly parkMs: number
  readonly retryMs: number
  readonly retryMsMax: number
  readonly witnesses: number
  readonly dialBackMs: number
  readonly dialBackAddressesMax: number
  readonly dialBacksMax: number
  readonly dialBacksPerMinute: number
  readonly sureMs: number
  readonly unsureMs: number
  readonly unknownMs: number
  readonly doubtMs: number
}

export const relayLimits: RelayLimits = {
  /** Members that a node keeps streams open to: when one dies, the other is known to everyone already. */
  relays: 2,
  /** Streams that wait at each of them. Each use is made up for in a round trip and a handshake. */
  parked: 4,
  /** A few more than one keeps: the relay learns late of streams that broke. */
  parkedPerNodeMax: 16,
  /** A stream costs 50 KB: a hundred nodes behind one relay. */
  parkedMax: 1_024,
  /** A link carries one request at a time, and an engine works at dozens. */
  streamsPerPairMax: 256,
  /** A stream under load holds some 200 KB of buffers, both ways: what is not taken on one side is not read at the other. */
  streamsMax: 1_024,
  /** Who comes when no stream is parked waits for the next one. */
  waitingPerNodeMax: 64,
  waitMs: 2_000,
  /** A parked stream that says nothing for so long when it is called was lost without a word. */
  wakeMs: 1_500,
  /** Longer than any engine is silent within an answer: a model of hundreds of GB from a slow disk. */
  idleMs: 30 * 60_000,
  /** To open a stream that is to be parked. */
  parkMs: 5_000,
  /** A member that could not be reached is tried again after it, then ever later. */
  retryMs: 500,
  retryMsMax: 60_000,
  /** Members that are asked whether they reach this node: enough to have some from other networks. */
  witnesses: 5,
  /** A handshake in any network; a firewall that says nothing takes all of it. */
  dialBackMs: 2_000,
  dialBackAddressesMax: 8,
  /** Tries of all members together at a time. */
  dialBacksMax: 8,
  /** Of one member. */
  dialBacksPerMinute: 12,
  /** What a witness said is asked anew after it: networks change behind a node's back. */
  sureMs: 5 * 60_000,
  /** A no is asked anew sooner. */
  unsureMs: 30_000,
  /** Who could not say may have heard of this node's addresses since. */
  unknownMs: 2_000,
  /** So long a node waits for a witness before it takes itself for hidden: a handshake in a LAN takes a tenth of it. */
  doubtMs: 750,
}
