/**
 * How other programs on this machine find the node that runs: `<data dir>/run/node.json`, written when it is ready and
 * removed when it stops. A node that was killed leaves it behind; then its process is gone or is another one.
 */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextIfThere, writeWhole } from './files.ts'

/** What a running node tells of itself. */
export interface RunFile {
  readonly pid: number
  /** RFC 3339. */
  readonly startedAt: string
  readonly version: string
  /** Address of the gateway for programs on this machine, for example `http://127.0.0.1:8080`. */
  readonly gateway: string
  /** When the process started, as the system tells it; a reused pid has another. Absent where it cannot be told. */
  readonly processStart?: string
}

/** Writes the file; see `writeWhole`. */
export async function writeRunFile(dataDir: string, contents: RunFile): Promise<void> {
  await writeWhole(pathOf(dataDir), `${JSON.stringify(contents, null, 2)}\n`)
}

/** Removes the file; absent is fine. */
export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(pathOf(dataDir), { force: true })
}

/** The node that runs on this data directory, or undefined: none, a dead one, or a file that cannot be understood. */
export async function findRunningNode(dataDir: string): Promise<RunFile | undefined> {
  const text = await readTextIfThere(pathOf(dataDir))
  const contents = text === undefined ? undefined : parse(text)
  if (contents === undefined || !isAlive(contents.pid)) return undefined
  const start = processStartOf(contents.pid)
  const isSame = contents.processStart === undefined || contents.processStart === start
  return isSame ? contents : undefined
}

/**
 * When a process started, in a form that only serves for comparison: on Linux the boot's id and field 22 of
 * `/proc/<pid>/stat` (proc(5)). Undefined where it cannot be told.
 */
export function processStartOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return ticks === undefined ? undefined : `${boot}:${ticks}`
  } catch {
    return undefined // no such process, or no such file system
  }
}

/** True while a process of that number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function pathOf(dataDir: string): string {
  return join(dataDir, 'run', 'node.json')
}

function parse(text: string): RunFile | undefined {
  try {
    const value = JSON.parse(text) as Partial<RunFile> | null
    return typeof value?.pid === 'number' && typeof value.gateway === 'string'
      ? (value as RunFile)
      : undefined
  } catch {
    return undefined // a foreign or damaged file says nothing
  }
}
