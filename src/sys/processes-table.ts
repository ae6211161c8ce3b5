import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** One process of this machine. */
export interface ProcessEntry {
  readonly pid: number
  readonly parentPid: number
  /** The process group; a process that was spawned detached leads its own. */
  readonly groupPid: number
  /** When it started, in words that only compare equal for the same process; a later one with this pid has others. */
  readonly startTime: string
  /** It has ended, and its parent has not asked for its exit status yet. */
  readonly isZombie: boolean
}

/** `ps` lists a busy machine in a tenth of this. */
const psTimeoutMs = 5_000

/** Every process that can be seen; empty on Windows, which has other means (`taskkill /t`). */
export function readProcesses(): readonly ProcessEntry[] {
  if (process.platform === 'win32') return []
  if (process.platform !== 'linux') return readProcessesByPs()
  const bootId = readBootId()
  return readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (readStat(Number(name), bootId) ?? []) : [],
  )
}

/** One process, or undefined when there is none with that pid. */
export function readProcess(pid: number): ProcessEntry | undefined {
  if (process.platform === 'linux') return readStat(pid, readBootId())
  return readProcesses().find((entry) => entry.pid === pid)
}

/** The table as POSIX `ps` prints it, for systems without `/proc`. */
export function readProcessesByPs(): readonly ProcessEntry[] {
  const text = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    timeout: psTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  })
  return text.split('\n').flatMap((line) => parsePsLine(line) ?? [])
}

/** Processes whose environment, as they were started with, holds `name=value`. Known on Linux only; others give none. */
export function findByEnvironment(name: string, value: string): readonly number[] {
  if (process.platform !== 'linux') return []
  const wanted = `\0${name}=${value}\0`
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
    const environment = readIfAllowed(`/proc/${entry}/environ`)
    return environment !== undefined && `\0${environment}\0`.includes(wanted) ? [Number(entry)] : []
  })
}

/**
 * A process, its group, and all that descend from either, in no order. This process itself is never part of it, whatever
 * the table says.
 */
export function treeOf(table: readonly ProcessEntry[], rootPid: number): readonly ProcessEntry[] {
  const found = new Map<number, ProcessEntry>()
  for (let sizeBefore = -1; sizeBefore < found.size; ) {
    sizeBefore = found.size
    for (const entry of table) {
      const isPart =
        entry.pid === rootPid || entry.groupPid === rootPid || found.has(entry.parentPid)
      if (isPart && entry.pid !== process.pid) found.set(entry.pid, entry)
    }
  }
  return [...found.values()]
}

/**
 * Reads a line of `/proc/<pid>/stat`. The second field is the command in parentheses and may hold spaces and
 * parentheses itself, so counting starts after the last one. Source: proc_pid_stat(5), fields 3, 4, 5 and 22.
 */
export function parseStat(text: string, bootId: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, parentPid, groupPid] = fields
  const startTicks = fields[19]
  if (state === undefined || startTicks === undefined) return undefined
  return {
    pid: Number.parseInt(text, 10),
    parentPid: Number(parentPid),
    groupPid: Number(groupPid),
    startTime: `${bootId}/${startTicks}`, // ticks count from the boot, and repeat after the next one
    isZombie: state === 'Z' || state === 'X',
  }
}

/** Reads a line of `ps -o pid=,ppid=,pgid=,stat=,lstart=`. */
export function parsePsLine(line: string): ProcessEntry | undefined {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(line)
  if (match === null) return undefined
  const [, pid, parentPid, groupPid, state = '', startTime = ''] = match
  return {
    pid: Number(pid),
    parentPid: Number(parentPid),
    groupPid: Number(groupPid),
    startTime: startTime.replaceAll(/\s+/g, ' '),
    isZombie: state.startsWith('Z'),
  }
}

function readStat(pid: number, bootId: string): ProcessEntry | undefined {
  const text = readIfAllowed(`/proc/${pid}/stat`)
  return text === undefined ? undefined : parseStat(text, bootId)
}

function readBootId(): string {
  return readIfAllowed('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
}

/** Undefined where a process ended meanwhile or belongs to somebody else. */
function readIfAllowed(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined // ENOENT, ESRCH, EACCES: all say that it is not ours to look at
  }
}
