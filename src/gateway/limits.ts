/** Every bound of the edge and the relay, each with its reason. Sizes in bytes, times in milliseconds. */
export interface GatewayLimits {
  readonly headerBytesMax: number
  readonly headerFieldsMax: number
  readonly urlBytesMax: number
  readonly headersMs: number
  readonly bodyMs: number
  readonly bodyRateAfterMs: number
  readonly bodyBytesPerSecondMin: number
  readonly longBodyBytesPerSecondMin: number
  readonly clientBodyBytesMax: number
  readonly heldBodyBytesMax: number
  readonly heldFormBytesMax: number
  readonly heldBodiesBytesMax: number
  readonly outlineBytesMax: number
  readonly spooledBodiesBytesMax: number
  readonly spoolReserveBytes: number
  readonly droppedBodyBytesMax: number
  readonly uploadIdleMs: number
  readonly uploadRateMs: number
  readonly uploadBytesPerSecondMin: number
  readonly blobQuestionMs: number
  readonly blobQuestionsMax: number
  readonly changeMs: number
  readonly keepAliveIdleMs: number
  readonly connectionsMax: number
  readonly crowdedConnections: number
  readonly keepAliveCrowdedMs: number
  readonly lingerMs: number
  readonly stalledReaderMs: number
  readonly connectMs: number
  readonly upstreamIdleMs: number
  readonly enginesPerRequestMax: number
  readonly engineWaitMs: number
  readonly deathNoticeMs: number
  readonly heldAnswerBytesMax: number
  readonly missingAnswerBytesMax: number
  readonly dropReportMs: number
  readonly managementBodyBytesMax: number
  readonly feedBytesMax: number
}

export const gatewayLimits: GatewayLimits = {
  /** Request line and headers. Browsers send under 8 KiB to a host without foreign cookies; also Node's own default. */
  headerBytesMax: 16 * 1024,
  /** The official clients send under 25. */
  headerFieldsMax: 128,
  /** No route takes long query strings. */
  urlBytesMax: 8 * 1024,
  /** A header that takes longer is a slow-loris, or a link on which no answer would arrive either. */
  headersMs: 10_000,
  /** Any prompt over any link; what is longer goes on at the rate below. */
  bodyMs: 60_000,
  /** A slow start is forgiven for as long. */
  bodyRateAfterMs: 5_000,
  /** Slower than any modem: nobody is really sending. */
  bodyBytesPerSecondMin: 1024,
  /** Then 9 Mbit/s over all its time: the largest body takes four minutes at the most. */
  longBodyBytesPerSecondMin: 1024 * 1024,
  /** Images travel as base64 inside JSON: about sixty photographs. An engine holds all of them in memory, several times. */
  clientBodyBytesMax: 256 * 1024 * 1024,
  /** Longer than any conversation in words; what has pictures in it goes to disk. */
  heldBodyBytesMax: 1024 * 1024,
  /** Recordings of speech, and what is compressed, are looked at whole: OpenAI's own bound for a recording is 25 MB. */
  heldFormBytesMax: 32 * 1024 * 1024,
  /** Of all bodies together, outlines of those on disk among them; beyond it bodies of over 64 KiB go to disk too. */
  heldBodiesBytesMax: 256 * 1024 * 1024,
  /** A million numbers of a context have 8 MiB; what has more outside its texts is no request. */
  outlineBytesMax: 16 * 1024 * 1024,
  /** Sixteen of the largest. */
  spooledBodiesBytesMax: 4 * 1024 * 1024 * 1024,
  /** Disk that bodies leave free, as uploads do: for logs, for the state of this node. */
  spoolReserveBytes: 512 * 1024 * 1024,
  /** An unwanted body up to this size is read and dropped, so that the connection can go on; Go's server does the same. */
  droppedBodyBytesMax: 256 * 1024,
  /** A file's sender that is silent for as long while we wait for it is gone; a wireless link that changes cells is back sooner. */
  uploadIdleMs: 30_000,
  /** A file's rate is looked at over as long, so that a pause or two do not count. */
  uploadRateMs: 60_000,
  /** Half of a modem's rate: whoever sends a model more slowly holds the connection and sends nothing. */
  uploadBytesPerSecondMin: 4 * 1024,
  /** Whether a file is there is one look at a disk; one that is asleep needs some seconds to turn. */
  blobQuestionMs: 10_000,
  /** A large model in pieces has some forty files; with more, the first ones decide where it is made. */
  blobQuestionsMax: 64,
  /** Copy writes one small file; delete also removes large ones, which takes seconds on slow disks. */
  changeMs: 30_000,
  /** Longer than the minute for which many clients and balancers keep theirs, so that they close first. */
  keepAliveIdleMs: 75_000,
  /** About 10 KB of memory each, and below the usual limit on open files. */
  connectionsMax: 10_000,
  /** Four fifths of them: from here on who has nothing to ask makes room. */
  crowdedConnections: 8_000,
  /** Long enough for the next request of a client that is at work. */
  keepAliveCrowdedMs: 5_000,
  /** After a refusal what still comes is thrown away until it pauses for as long, so that the client sees the answer
   * and not a reset. */
  lingerMs: 1_000,
  /** A client that takes nothing for as long has left without saying so. */
  stalledReaderMs: 60_000,
  /** Engines of this machine accept in under a millisecond; one that takes longer is not there. */
  connectMs: 1_000,
  /** Idle connections to engines are kept as long; an engine's own hint shortens it. */
  upstreamIdleMs: 60_000,
  /** A request that three engines failed would most likely fail a fourth; those that saw nothing of it do not count. */
  enginesPerRequestMax: 3,
  /** The embedded engine starts in about a second; a client's own patience often ends at ten. */
  engineWaitMs: 10_000,
  /** Between an engine's death and the supervisor's word of it. */
  deathNoticeMs: 250,
  /** A whole answer is held so far, so that another engine can take over; texts are shorter, many embeddings are not. */
  heldAnswerBytesMax: 1024 * 1024,
  /** An answer that is kept while the rest of a file is thrown away: the names of all models in an archive are the longest. */
  missingAnswerBytesMax: 1024 * 1024,
  /** Connections that asked nothing are counted into one line of the log as often: enough to see when a crowd came. */
  dropReportMs: 10_000,
  /** Settings and names; real ones have under 10 KB. */
  managementBodyBytesMax: 1024 * 1024,
  /** A thousand events that a reader has not taken: it is asleep, and reads on where it was when it comes back. */
  feedBytesMax: 256 * 1024,
}
