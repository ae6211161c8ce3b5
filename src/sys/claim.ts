/** A file that says which process owns something. It needs no locks of the system, so it works on every file system. */
import { open, rm } from 'node:fs/promises'
import { isErrno, readTextIfThere } from './files.ts'
import { systemProcesses } from './processes.ts'

/** The file is ours. */
export interface FileClaim {
  release(): Promise<void>
}

/** Times that a claim which nobody holds any more is cleared away before giving up. */
const clearingsMax = 3

/**
 * Claims the file for this process. A claim of a process that is gone, or whose number another process has now, is
 * cleared away. Rejects with the system's error when the folder cannot be written.
 */
export async function claimFile(path: string): Promise<FileClaim | { readonly heldBy: number }> {
  for (let clearing = 0; ; clearing++) {
    try {
      const file = await open(path, 'wx', 0o600)
      const { pid } = process
      await file.writeFile(JSON.stringify({ pid, processStart: systemProcesses.startTimeOf(pid) }))
      await file.close()
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if (!isErrno(error, 'EEXIST') || clearing === clearingsMax) throw error
    }
    const holder = holderIn((await readTextIfThere(path)) ?? '')
    if (holder !== undefined) return { heldBy: holder }
    await rm(path, { force: true })
  }
}

/** The living process that a claim names. An empty or damaged file was left by a process that died while writing it. */
function holderIn(text: string): number | undefined {
  try {
    const { pid, processStart } = JSON.parse(text) as { pid: number; processStart?: string }
    const isSame = processStart === undefined || processStart === systemProcesses.startTimeOf(pid)
    return systemProcesses.isAlive(pid) && isSame ? pid : undefined
  } catch {
    return undefined
  }
}
