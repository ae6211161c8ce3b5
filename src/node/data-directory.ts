/** The folder that holds everything a node keeps, and the claim that makes one node at a time its owner. */
import { join } from 'node:path'
import { OdError } from '../core/errors/index.ts'
import { claimFile, type FileClaim } from '../sys/claim.ts'
import { ensureDirectory } from '../sys/files.ts'

/** A data directory that this process owns. */
export interface DataDirectory {
  readonly path: string
  readonly runDir: string
  readonly stateDir: string
  readonly logDir: string
  /** Made when a body is the first to need it. */
  readonly spoolDir: string
  /** Gives it back; the folder stays. */
  release(): Promise<void>
}

/** Makes the folder and claims it. Throws `OD_NODE_DATA_DIR` or `OD_NODE_RUNNING`. */
export async function claimDataDirectory(path: string): Promise<DataDirectory> {
  const runDir = join(path, 'run')
  const stateDir = join(path, 'state')
  const logDir = join(path, 'logs')
  for (const folder of [path, runDir, stateDir, logDir]) {
    const problem = await ensureDirectory(folder)
    if (problem !== undefined) throw new OdError('OD_NODE_DATA_DIR', { path, reason: problem })
  }
  const claim = await claimFile(join(runDir, 'claim.json'))
  if ('heldBy' in claim) throw new OdError('OD_NODE_RUNNING', { pid: claim.heldBy })
  const spoolDir = join(path, 'spool')
  return {
    path,
    runDir,
    stateDir,
    logDir,
    spoolDir,
    release: () => (claim satisfies FileClaim).release(),
  }
}
