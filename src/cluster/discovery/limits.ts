/** Bounds of discovery, each with its reason. Sizes in bytes, times in milliseconds. */
export const limits = {
  /** Nodes that are remembered; a LAN has fewer, and whoever sends more is inventing them. */
  foundMax: 256,
  /** Nodes that one machine may speak for: a demonstration runs some on one. */
  foundPerSourceMax: 16,
  addressesMax: 8,
  /** All texts of a node together take under 200. */
  textBytesMax: 1_024,
  nameCharactersMax: 128,
  /** The largest packet of multicast DNS (RFC 6762 §17). */
  packetBytesMax: 9_000,
  /** Records in a packet that are looked at. */
  recordsMax: 256,
  /** How long a node is remembered that says nothing more (RFC 6762 §10). */
  timeToLiveMs: 120_000,
  /** A longer life than this is not believed. */
  timeToLiveMsMax: 4_500_000,
  /** Between two answers in one network (RFC 6762 §6). */
  answerMs: 1_000,
  /** An answer waits a random part of it, so that those of many nodes do not collide (RFC 6762 §6). */
  spreadMs: 100,
  /** Questions at first come at this distance, then ever less often (RFC 6762 §5.2). */
  askMs: 1_000,
  /** Twice within the life of what was found. */
  askMsMax: 60_000,
} as const
