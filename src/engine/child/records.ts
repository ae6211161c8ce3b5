/**
 * Remembers on disk which children a node has, so that its next start can end those that outlived it. Two marks keep
 * strangers safe: a child counts only if a process with its pid *and* its start time is there, or (on Linux) if a process
 * carries this file's random mark in its environment, as all that a child has started does.
 */
import { join } from 'node:path'
import { readTextIfThere, writeWhole } from '../../sys/files.ts'
import type { Log } from '../../sys/log.ts'
import type { Processes } from '../../sys/processes.ts'
import type { Random } from '../../sys/random.ts'

export interface ChildRecords {
  /** Must be in the environment of every child. */
  readonly environment: Readonly<Record<string, string>>
  /** Remembers a child that was just started. */
  add(name: string, pid: number): void
  /** Forgets a child that has ended. */
  remove(pid: number): void
  /** Resolves when the file says what was last told; a write that fails is logged and does not reject. */
  settled(): Promise<void>
}

interface ChildRecord {
  readonly name: string
  readonly pid: number
  readonly startTime: string
}

interface RecordsFile {
  readonly mark: string
  readonly children: readonly ChildRecord[]
}

/** Name of the environment variable that carries the mark. */
const markName = 'OLLAMA_DISTRIBUTED_RUN'

/** Rounds in which marked processes are killed; one that starts others faster than this is left, and logged. */
const clearRounds = 5

/**
 * Ends what the last run left and starts new records in `<runDir>/children.json`. Only one node at a time may do this
 * for a folder; whoever calls it holds the data directory's lock. Rejects when the file cannot be read or written.
 */
export async function openChildRecords(options: {
  runDir: string
  processes: Processes
  random: Random
  log: Pick<Log, 'warn'>
}): Promise<ChildRecords> {
  const { processes, log } = options
  const path = join(options.runDir, 'children.json')
  const text = await readTextIfThere(path)
  if (text !== undefined) {
    const left = parseRecords(text)
    if (left === undefined) log.warn({ path }, 'children.unreadable')
    else clear(left, processes, log)
  }
  const mark = options.random.hex(16)
  const children = new Map<number, ChildRecord>()
  const write = () => {
    const file: RecordsFile = { mark, children: [...children.values()] }
    return writeWhole(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  }
  await write() // before the first child: the mark finds even one that was never written down
  const save = makeSaver(write, (error) => log.warn({ path, error }, 'children.unwritten'))
  return {
    environment: { [markName]: mark },
    add(name, pid) {
      const startTime = processes.startTimeOf(pid)
      if (startTime === undefined) return // ended already, or a system that does not tell
      children.set(pid, { name, pid, startTime })
      save.again()
    },
    remove(pid) {
      if (children.delete(pid)) save.again()
    },
    settled: save.settled,
  }
}

function clear(left: RecordsFile, processes: Processes, log: Pick<Log, 'warn'>): void {
  for (const { name, pid, startTime } of left.children) {
    if (!processes.isAlive(pid) || processes.startTimeOf(pid) !== startTime) continue
    processes.killTree(pid)
    log.warn({ child: name, pid }, 'children.cleared')
  }
  for (let round = 0; round < clearRounds; round++) {
    const marked = processes
      .findByEnvironment(markName, left.mark)
      .filter((pid) => processes.isAlive(pid))
    if (marked.length === 0) return
    for (const pid of marked) {
      processes.killTree(pid)
      log.warn({ pid }, 'children.cleared')
    }
  }
}

/** Reads the file; undefined when somebody else wrote it, or a disk lost it. */
function parseRecords(text: string): RecordsFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { mark, children } = value as { mark?: unknown; children?: unknown }
  if (typeof mark !== 'string' || !/^[0-9a-f]{32}$/.test(mark)) return undefined
  return Array.isArray(children) && children.every(isRecord) ? { mark, children } : undefined
}

function isRecord(value: unknown): value is ChildRecord {
  if (typeof value !== 'object' || value === null) return false
  const { name, pid, startTime } = value as Partial<Record<keyof ChildRecord, unknown>>
  const isPid = typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1
  return typeof name === 'string' && isPid && typeof startTime === 'string' && startTime !== ''
}

/** Runs `write` one at a time; changes that come while it runs are written together afterwards. */
function makeSaver(write: () => Promise<void>, onError: (error: unknown) => void) {
  let running: Promise<void> | undefined
  let isStale = false
  const run = async (): Promise<void> => {
    while (isStale) {
      isStale = false
      await write().catch(onError)
    }
    running = undefined
  }
  return {
    again(): void {
      isStale = true
      running ??= run()
    },
    settled: (): Promise<void> => running ?? Promise.resolve(),
  }
}
