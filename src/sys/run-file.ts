/**
 * How other programs on this machine find the node that runs: `<data dir>/run/node.json`, written when it is ready and
 * removed when it stops. A node that was killed leaves it behind; then its process is gone or is another one.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readTextIfThere, writeWhole } from './files.ts'
import { systemProcesses } from './processes.ts'

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
  if (contents === undefined || !systemProcesses.isAlive(contents.pid)) return undefined
  const start = systemProcesses.startTimeOf(contents.pid)
  const isSame = contents.processStart === undefined || contents.processStart === start
  return isSame ? contents : undefined
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
