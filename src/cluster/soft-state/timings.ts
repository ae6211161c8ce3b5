/**
 * How fast the members of a cluster hear of each other. Every time is in milliseconds and measured on one machine only; no
 * two machines' clocks are ever compared.
 */
export interface Timings {
  /** One probe and one push of what changed. A direct probe has half of it, an indirect one the other half. */
  readonly roundMs: number
  /**
   * How long a doubt may stand unrefuted before a member counts as dead, in clusters of up to 10; it grows with the
   * decimal logarithm of the members (SWIM §4.2: a refutation needs that many rounds to go round).
   */
  readonly suspicionMs: number
  /** After this time without a newer entry a member is doubted; it renews its entry three times as often. */
  readonly lifetimeMs: number
}

/** The one table of times. */
export const timings = {
  /** Processes on one machine: as fast as timers and a busy two-core machine allow without false suspicion. */
  test: { roundMs: 100, suspicionMs: 1_500, lifetimeMs: 15_000 },
  /**
   * Round: half is 250 ms, above a lost packet's repetition by TCP (200 ms). Suspicion: above a stall of 5 s with time to
   * refute, and a lost machine is still known dead within 10 s. Lifetime: only the net below the probes, so
   * that renewals may be rare; a thousand nodes make four a second.
   */
  lan: { roundMs: 500, suspicionMs: 6_000, lifetimeMs: 900_000 },
  /** Round: half is 1 s, a new TLS connection at 250 ms there and back. The others grow with it. */
  wan: { roundMs: 2_000, suspicionMs: 20_000, lifetimeMs: 900_000 },
} as const satisfies Record<'test' | 'lan' | 'wan', Timings>

/** Bounds of what is sent and kept, each with its reason. */
export const limits = {
  /** One packet; what does not fit goes with the next round. A link's buffer, and 1,000 entries in about ten packets. */
  packetBytesMax: 65_536,
  /** The JSON of one body: a node with some 200 models. */
  bodyBytesMax: 16_384,
  /** A node's name; a PeerId has 52 letters. */
  nodeBytesMax: 128,
  /** Peers that one round's news goes to (design §4); three reach 94 % of all at once, the digests the rest. */
  fanout: 3,
  /** Peers asked to probe for us (SWIM §3.1: at 5 % loss three leave one false doubt in 1,700 probes). */
  helpers: 3,
  /** Probes made for others at a time; a cluster asks for three a round at most, unless all of it doubts one. */
  errandsMax: 256,
  /** Every so many rounds the dead are asked, so that two halves find each other again. */
  deadProbeRounds: 10,
  /** Sends to one peer that have not ended; further ones are dropped as a lossy network would. */
  pendingSendsMax: 4,
} as const
