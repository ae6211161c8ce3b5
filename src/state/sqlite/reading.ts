/** What the calls that read find in the log. */
import { OdError } from '../../core/errors/index.ts'
import type { StateLimits } from '../limits.ts'
import type { Change, Entry, Page, Position, RangeRequest, WatchItem } from '../port.ts'
import { bytesOf, type Counters, entryOf, type LogRow, type LogTable } from './log-table.ts'
import type { ChangesRead } from './protocol.ts'

/** The moment that the counters tell of. */
export function positionOf({ epoch, revision }: Counters): Position {
  return { epoch, revision }
}

/** Throws `OD_STATE_COMPACTED`. */
export function readPage(
  log: LogTable,
  { prefix, limit, page }: RangeRequest,
  counters: Counters,
  limits: StateLimits,
): Page {
  const at = page?.at ?? positionOf(counters)
  if (whyLost(at, counters) !== undefined) {
    throw new OdError('OD_STATE_COMPACTED', { revision: at.revision })
  }
  const entriesMax = Math.min(limit ?? limits.pageEntriesMax, limits.pageEntriesMax)
  const entries: Entry[] = []
  let bytes = 0
  for (const row of log.entriesAt(prefix, page?.after ?? '', at.revision)) {
    const last = entries.at(-1)
    bytes += bytesOf(row)
    if (last && (entries.length === entriesMax || bytes > limits.pageBytesMax)) {
      return { entries, at, next: { after: last.key, at } }
    }
    const entry = entryOf(row)
    if (entry) entries.push(entry)
  }
  return { entries, at }
}

/** A piece of the history of a prefix, of whole revisions; nothing but a `reset` where it is not there. */
export function readChanges(
  log: LogTable,
  prefix: string,
  after: Position,
  counters: Counters,
  limits: StateLimits,
): ChangesRead {
  const reason = whyLost(after, counters)
  if (reason !== undefined) {
    return { items: [{ type: 'reset', reason }], upTo: after, hasMore: false }
  }
  const items: { type: 'changes'; at: Position; changes: Change[] }[] = []
  let [count, bytes] = [0, 0]
  for (const row of log.changesAfter(prefix, after.revision)) {
    const last = items.at(-1)
    if (last?.at.revision === row.revision) last.changes.push(changeOf(row))
    else if (count >= limits.watchReadChangesMax || bytes >= limits.watchReadBytesMax) {
      return { items, upTo: last?.at ?? after, hasMore: true }
    } else {
      const at = { epoch: counters.epoch, revision: row.revision }
      items.push({ type: 'changes', at, changes: [changeOf(row)] })
    }
    count += 1
    bytes += bytesOf(row)
  }
  return { items, upTo: positionOf(counters), hasMore: false }
}

/** Why the history does not reach back to a position, or never had it; undefined when it does. */
function whyLost(
  { epoch, revision }: Position,
  counters: Counters,
): Extract<WatchItem, { type: 'reset' }>['reason'] | undefined {
  if (epoch !== counters.epoch || revision > counters.revision) return 'replaced'
  return revision < counters.compacted ? 'compacted' : undefined
}

function changeOf(row: LogRow): Change {
  const entry = entryOf(row)
  return entry ? { type: 'put', entry } : { type: 'delete', key: row.key }
}
