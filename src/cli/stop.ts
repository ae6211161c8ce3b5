import { OdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import { systemProcesses } from '../sys/processes.ts'
import { askToEnd } from '../sys/signal-process.ts'
import type { Call, CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { findNode } from './find-gateway.ts'
import { limits } from './limits.ts'

/** `stop`: asks the node of the data folder to end, and waits until it has. */
export const stop: CommandHandler = async (call) => {
  const { terminal } = call
  const { dataDir, node } = await findNode(call)
  if (node === undefined) {
    terminal.print(`no node runs on ${dataDir}; nothing to stop`)
    return exitCodes.ok
  }
  const { pid } = node
  const isNow = call.options['now'] === true
  if (call.self.platform === 'win32' && !isNow) throw new OdError('OD_CLI_STOP_WINDOWS', { pid })
  signal(pid)
  if (isNow) await endNow(pid, call)
  else await waitForDrain(pid, call)
  terminal.print(`stopped the node with pid ${pid}`)
  return exitCodes.ok
}

function signal(pid: number): void {
  if (askToEnd(pid) === 'forbidden') throw new OdError('OD_CLI_STOP_FORBIDDEN', { pid })
}

async function waitForDrain(pid: number, { clock, terminal }: Call): Promise<void> {
  if (await isGone(pid, limits.patienceMs, clock)) return
  terminal.note(
    `waiting for the node with pid ${pid}: running answers may finish, \`--now\` cuts them`,
  )
  if (await isGone(pid, limits.stopMs, clock)) return
  throw new OdError('OD_CLI_STOP_SLOW', { pid, seconds: limits.stopMs / 1000 })
}

/**
 * The first signal begins the drain and the second cuts it. Two at once would be one to the system, and one that comes
 * before the node listens is lost, so they are repeated until it is gone.
 */
async function endNow(pid: number, { clock }: Call): Promise<void> {
  const untilMs = clock.nowMs() + limits.stopNowMs
  while (clock.nowMs() < untilMs) {
    if (await isGone(pid, limits.repeatMs, clock)) return
    signal(pid)
  }
  throw new OdError('OD_CLI_STOP_SLOW', { pid, seconds: limits.stopNowMs / 1000 })
}

/** Looks until the process has ended; false when it still runs after `forMs`. */
async function isGone(pid: number, forMs: number, clock: Clock): Promise<boolean> {
  const untilMs = clock.nowMs() + forMs
  while (systemProcesses.isAlive(pid)) {
    if (clock.nowMs() >= untilMs) return false
    await new Promise<void>((resolve) => {
      clock.after(limits.lookMs, resolve)
    })
  }
  return true
}
