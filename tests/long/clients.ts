import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { passOn } from '../support/pass-on.ts'
import { until } from '../support/until.ts'
import type { ClientReport } from './client-process.ts'

/** Lets the clients of another process loose, and does `meanwhile` again and again until all are gone. Gives their time. */
export async function runClients(
  port: number,
  args: readonly (string | number)[],
  meanwhile: () => Promise<void>,
): Promise<number> {
  const script = resolve(import.meta.dirname, 'client-process.ts')
  const child = fork(script, [port, ...args].map(String), { execArgv: [], silent: true })
  passOn(child.stdout, child.stderr)
  const exited = once(child, 'exit')
  let goneMs: number | undefined
  child.once('message', (report: ClientReport) => {
    goneMs = report.goneMs
  })
  try {
    const isOver = async () => {
      await meanwhile()
      return goneMs !== undefined
    }
    await until('all are gone', isOver, { timeoutMs: 60_000, everyMs: 50 })
  } finally {
    if (goneMs === undefined) child.kill('SIGKILL')
    await exited
  }
  return goneMs ?? Number.POSITIVE_INFINITY
}
