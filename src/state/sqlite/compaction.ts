/** How far back the history goes. */
import type { StateLimits } from '../limits.ts'
import type { Counters, LogTable } from './log-table.ts'

/** Compaction leaves this share of the bounds, so that it has something to do when it runs again. */
const sharesKept = 0.9

/** True when the history is beyond one of its bounds. */
export function isCompactionDue(counters: Counters, limits: StateLimits): boolean {
  const { historyChanges, historyBytes } = counters
  return historyChanges > limits.historyChangesMax || historyBytes > limits.historyBytesMax
}

/** Shortens the history to the newest revisions that fit, and drops what nobody can see any more. */
export function compact(log: LogTable, counters: Counters, limits: StateLimits): Counters {
  const changesMax = limits.historyChangesMax * sharesKept
  const bytesMax = limits.historyBytesMax * sharesKept
  let kept = { changes: 0, bytes: 0 }
  let open = { revision: counters.revision + 1, changes: 0, bytes: 0 }
  let compacted = counters.compacted
  for (const row of log.sizesAfter(counters.compacted)) {
    if (row.revision < open.revision) {
      kept = { changes: kept.changes + open.changes, bytes: kept.bytes + open.bytes }
      open = { revision: row.revision, changes: 0, bytes: 0 }
    }
    open = { ...open, changes: open.changes + 1, bytes: open.bytes + row.bytes }
    const isBeyond = kept.changes + open.changes > changesMax || kept.bytes + open.bytes > bytesMax
    if (isBeyond) {
      compacted = row.revision
      break
    }
  }
  if (compacted === counters.compacted) return counters
  log.dropSuperseded(counters.compacted, compacted)
  return { ...counters, compacted, historyChanges: kept.changes, historyBytes: kept.bytes }
}
