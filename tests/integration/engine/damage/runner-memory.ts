import { readFile } from 'node:fs/promises'
import { allProcesses } from '../../../support/process-tree.ts'

/** Between two looks; a runner lives at least ten times as long. */
const everyMs = 10

/** Watches the runner processes of this process; `stop` gives the largest memory that one of them had, in bytes. */
export function watchRunnerMemory(): { stop(): Promise<number> } {
  let largest = 0
  let looking: Promise<void> | undefined
  const look = async () => {
    largest = Math.max(largest, ...(await runnersNow()))
    looking = undefined
  }
  const timer = setInterval(() => {
    looking ??= look()
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await looking
      return largest
    },
  }
}

/** The system's own record of the most that each had in memory so far. */
async function runnersNow(): Promise<number[]> {
  const mine = (await allProcesses()).filter(
    ({ parentPid, command }) => parentPid === process.pid && command.includes('runner-process'),
  )
  return Promise.all(
    mine.map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
    }),
  )
}
