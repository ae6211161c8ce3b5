/** Bounds of membership, each with its reason. */
export const limits = {
  /** The version of the join protocol; nodes of another one are told so. */
  protocol: 1,
  /** Nodes that wait for approval: more is nobody's queue of machines. */
  pendingMax: 64,
  /** A node that waits asks every second; one that was silent for as long has gone. */
  pendingMs: 15 * 60_000,
  /** How often the wish of one that waits is written down anew. */
  pendingTouchMs: 60_000,
  /** A person looks at their list. */
  tokensMax: 256,
  tokenUsesMax: 1_000,
  tokenMsMin: 1_000,
  /** A month: longer is a password. */
  tokenMsMax: 31 * 24 * 3_600_000,
  /** After its end a token is known for as long, so that whoever comes too late with it is told so. */
  tokenKeptMs: 24 * 3_600_000,
  /** 128 bits cannot be guessed. */
  tokenSecretBytes: 16,
  tokenIdBytes: 4,
  nameCharactersMax: 128,
  addressesMax: 16,
  addressCharactersMax: 400,
  labelsMax: 32,
  labelCharactersMax: 63,
  /** Two writers of one record rarely meet; a third time is no coincidence. */
  conflictTries: 5,
  /** Clocks farther apart are told of: tokens and logs are hard to read then. */
  clockOffMs: 5 * 60_000,
} as const
