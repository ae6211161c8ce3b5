/** Bounds of transfers, each with its reason. */
export const registryLimits = {
  /** Ollama allows ten; two are the most that a registry needs, one to a mirror and one to a signed address. */
  redirectsMax: 3,
  /** Nothing came for so long: a part is asked for again. Ollama waits as long. */
  silenceMs: 30_000,
  /** A registry may look at a blob so long before it says that it has it: it hashes all of it, some copy it too. */
  commitMs: 10 * 60_000,
  /** A connection that is not made by then is not made. Go's default dialer waits as long. */
  connectMs: 30_000,
  /** Answers that are read whole and are no manifest: tokens, texts of errors. */
  answerBytesMax: 64 * 1024,
  /** Connections per blob. More do not make one link faster and hold more unfinished parts when it breaks. */
  connectionsMax: 8,
  /** Parts are at least so large: a request for each. */
  partBytesMin: 256 * 1024,
  /** At most so large: what a kill loses, once per connection. */
  partBytesMax: 16 * 1024 * 1024,
  /** Parts of uploads are at least so large; stores behind registries want 5 MiB (S3, CreateMultipartUpload). */
  uploadPartBytesMin: 16 * 1024 * 1024,
  /** At most so large; Ollama's number. */
  uploadPartBytesMax: 1_000_000_000,
  /** A blob is uploaded in about so many parts where both bounds allow it; Ollama's number. */
  uploadPartsWanted: 16,
  /** A blob is cut into about so many parts where both bounds allow it. */
  partsWanted: 64,
  /** Tries of a part that brought nothing, one after the other; Ollama's number. */
  triesMax: 6,
  /** Before the second try; doubled with each. */
  firstPauseMs: 1_000,
  /** What a registry asks for with `Retry-After` is done up to this. */
  pauseMsMax: 30_000,
  /** How often it is looked whether a request brings enough. */
  paceMs: 60_000,
  /** What must come meanwhile, about 1 KiB/s: a server that sends a byte a second is no source. */
  usefulBytes: 64 * 1024,
  /** Between two lines of progress. Ollama's. */
  progressMs: 60,
} as const
