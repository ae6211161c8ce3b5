/** Ends this process as `kill -9` does: nothing is finished, nobody is told. */
export function dieAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** What became of a signal. `gone`: there is no such process; `forbidden`: it belongs to another user. */
export type SignalOutcome = 'sent' | 'gone' | 'forbidden'

/**
 * Asks a process to end (SIGTERM), whoever started it. On Windows it ends at once, without having been asked; callers say
 * so before.
 */
export function askToEnd(pid: number): SignalOutcome {
  try {
    process.kill(pid, 'SIGTERM')
    return 'sent'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'forbidden' : 'gone'
  }
}
