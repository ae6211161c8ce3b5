/** Every bound of the store, each with its reason. Sizes in bytes, times in milliseconds. */
export interface StateLimits {
  readonly keyCharactersMax: number
  readonly valueBytesMax: number
  readonly transactionItemsMax: number
  readonly transactionBytesMax: number
  readonly keysMax: number
  readonly liveBytesMax: number
  readonly historyChangesMax: number
  readonly historyBytesMax: number
  readonly pageEntriesMax: number
  readonly pageBytesMax: number
  readonly watchesMax: number
  readonly watchReadChangesMax: number
  readonly watchReadBytesMax: number
  readonly progressMs: number
  readonly leasesMax: number
  readonly leaseMsMin: number
  readonly leaseMsMax: number
  readonly expiryRetryMs: number
  readonly callsWaitingMax: number
  readonly callsPerCommitMax: number
  readonly callMs: number
  readonly busyMs: number
  readonly remoteCallMs: number
  readonly remoteBytesMax: number
  readonly remoteSilenceMs: number
  readonly remoteStalledMs: number
  readonly remoteRetryMsMin: number
  readonly remoteRetryMsMax: number
  readonly lastCopyBytesMax: number
  readonly lastCopyWriteMs: number
  readonly lastCopyTouchMs: number
}

export const stateLimits: StateLimits = {
  /** A prefix of ours, a PeerId (52) and a model name (256). */
  keyCharactersMax: 512,
  /** A list of a thousand models fits; blobs and logs must not be tempted. */
  valueBytesMax: 256 * 1024,
  /** etcd's own default for a transaction. */
  transactionItemsMax: 128,
  /** Below etcd's 1.5 MiB for a request. */
  transactionBytesMax: 1024 * 1024,
  /** 1,000 nodes with 100 records each. */
  keysMax: 100_000,
  /** Values that are there now; with the history, an eighth of the memory of a small machine if all of it is listed. */
  liveBytesMax: 256 * 1024 * 1024,
  /** A watch resumes after an hour of three changes a second. */
  historyChangesMax: 10_000,
  /** The same for large values: a single one that is rewritten for ever fills etcd (quota); here it fills this. */
  historyBytesMax: 64 * 1024 * 1024,
  /** A page is read in some milliseconds. */
  pageEntriesMax: 1_000,
  /** One entry at least is given, however large. */
  pageBytesMax: 1024 * 1024,
  /** Some for each of a few hundred nodes. */
  watchesMax: 1_000,
  /** What one read for a watch takes into memory: with all watches reading, some 128 MiB. A revision is not split. */
  watchReadChangesMax: 256,
  watchReadBytesMax: 128 * 1024,
  /** What is older than 5 s is to be called so; twice in that time. */
  progressMs: 2_000,
  /** A few per node. */
  leasesMax: 10_000,
  /** Less is over in one pause of a busy machine. */
  leaseMsMin: 1_000,
  /** What is to last longer is no lease. */
  leaseMsMax: 86_400_000,
  /** A disk that is full now. */
  expiryRetryMs: 1_000,
  /** Four commits, 20 ms of a slow disk; what waits is held in memory. */
  callsWaitingMax: 256,
  /** Share one fsync. */
  callsPerCommitMax: 64,
  /** A disk that needs longer has failed or sleeps; a caller must not wait for ever. */
  callMs: 10_000,
  /** The owner of before may still be ending. */
  busyMs: 2_000,
  /** Some round trips and a slow fsync; a failing-over caller wants to know. */
  remoteCallMs: 5_000,
  /** The largest transaction or page when every byte of it is written as `\u0000`, and some. */
  remoteBytesMax: 8 * 1024 * 1024,
  /** Three missed lines of progress. */
  remoteSilenceMs: 6_000,
  /** A reader that takes nothing for as long has left without saying so. */
  remoteStalledMs: 30_000,
  /** Between two tries to reach a store again; doubles, half of it random. */
  remoteRetryMsMin: 100,
  remoteRetryMsMax: 5_000,
  /** Beyond it the newest copy is in memory only, and the log says so. */
  lastCopyBytesMax: 64 * 1024 * 1024,
  /** A burst of changes is one write. */
  lastCopyWriteMs: 500,
  /** How much older a copy may look after a kill than it is, against one write in as long on a quiet day. */
  lastCopyTouchMs: 300_000,
}
