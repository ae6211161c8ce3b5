/** What the calls that write do to the log. All throw before they write anything, or what SQLite throws. */
import { OdError } from '../../core/errors/index.ts'
import { keyOf } from '../check.ts'
import type { StateLimits } from '../limits.ts'
import type { Condition, Entry, Lease, LeaseId, Transaction, Write } from '../port.ts'
import { bytesOf, type Counters, type LogTable } from './log-table.ts'

/** What one call made of the counters, and the revisions that it committed. */
export interface Written {
  readonly counters: Counters
  readonly commits: readonly { readonly revision: number; readonly keys: readonly string[] }[]
}

/** A write with what was there before; a lease that is absent is null. */
interface Step {
  readonly key: string
  readonly value: string | null
  readonly lease: LeaseId | null
  readonly before: Entry | undefined
}

/** Undefined when a condition does not hold. */
export function transact(
  log: LogTable,
  { conditions, writes }: Transaction,
  counters: Counters,
  limits: StateLimits,
): Written | undefined {
  if (!conditions.every((one) => holds(one, log.current(one.key)))) return undefined
  const steps = writes.map((write) => stepOf(write, log)).filter(isEffective)
  return append(log, steps, counters, limits)
}

/** Ends leases; their keys are deleted, so many to a revision as a transaction may change. */
export function endLeases(
  log: LogTable,
  leases: readonly LeaseId[],
  counters: Counters,
  limits: StateLimits,
): Written {
  const ended = leases.filter((id) => log.removeLease(id))
  const steps = ended.flatMap((id) => log.entriesUnder(id)).map(deletionOf)
  let written: Written = {
    counters: { ...counters, leases: counters.leases - ended.length },
    commits: [],
  }
  for (let at = 0; at < steps.length; at += limits.transactionItemsMax) {
    const piece = steps.slice(at, at + limits.transactionItemsMax)
    const next = append(log, piece, written.counters, limits)
    written = { counters: next.counters, commits: [...written.commits, ...next.commits] }
  }
  return written
}

/** Throws `OD_STATE_LEASES`. */
export function grant(
  log: LogTable,
  lease: Lease,
  counters: Counters,
  limits: StateLimits,
): Written {
  if (counters.leases >= limits.leasesMax) {
    throw new OdError('OD_STATE_LEASES', { countMax: limits.leasesMax })
  }
  log.addLease(lease)
  return { counters: { ...counters, leases: counters.leases + 1 }, commits: [] }
}

function holds(condition: Condition, entry: Entry | undefined): boolean {
  if ('is' in condition) return entry === undefined
  if ('revision' in condition) return entry?.revision === condition.revision
  return entry?.value === condition.value
}

function stepOf(write: Write, log: LogTable): Step {
  const before = log.current(keyOf(write))
  if ('delete' in write) return { key: write.delete, value: null, lease: null, before }
  const { put: key, value, lease = null } = write
  if (lease !== null && !log.hasLease(lease)) throw new OdError('OD_STATE_LEASE_GONE')
  return { key, value, lease, before }
}

function deletionOf(before: Entry): Step {
  return { key: before.key, value: null, lease: null, before }
}

/** Deleting what is absent is nothing. */
function isEffective({ value, before }: Step): boolean {
  return value !== null || before !== undefined
}

function append(
  log: LogTable,
  steps: readonly Step[],
  before: Counters,
  limits: StateLimits,
): Written {
  if (steps.length === 0) return { counters: before, commits: [] }
  const revision = before.revision + 1
  const counters = counted(before, steps)
  refuseGrowth(before, counters, limits)
  for (const { key, value, lease, before: old } of steps) {
    const created = value === null ? 0 : (old?.created ?? revision)
    log.append({ key, revision, value, created, lease })
  }
  return { counters, commits: [{ revision, keys: steps.map(({ key }) => key) }] }
}

function counted(before: Counters, steps: readonly Step[]): Counters {
  let { keys, liveBytes, historyBytes } = before
  for (const step of steps) {
    const bytes = bytesOf(step)
    historyBytes += bytes
    keys += (step.value === null ? 0 : 1) - (step.before === undefined ? 0 : 1)
    liveBytes += step.value === null ? 0 : bytes
    liveBytes -= step.before === undefined ? 0 : bytesOf(step.before)
  }
  const historyChanges = before.historyChanges + steps.length
  return { ...before, revision: before.revision + 1, keys, liveBytes, historyChanges, historyBytes }
}

/** What makes the store smaller is always allowed. */
function refuseGrowth(before: Counters, after: Counters, limits: StateLimits): void {
  const isOver =
    (after.keys > limits.keysMax && after.keys > before.keys) ||
    (after.liveBytes > limits.liveBytesMax && after.liveBytes > before.liveBytes)
  if (!isOver) return
  const { liveBytesMax, keysMax } = limits
  throw new OdError('OD_STATE_FULL', { bytesMax: liveBytesMax, keysMax })
}
