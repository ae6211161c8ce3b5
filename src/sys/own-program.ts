/** Further processes of this program, as a person would start them in other terminals. */
import { fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

export interface OwnProgram {
  readonly pid: number
  /** Resolves with how it ended: its code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Asks it to end, or ends it. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void
}

/**
 * Runs a command line of this program in a process group of its own, so that a Ctrl-C here is not one there. What it prints is
 * appended to `outputFile`. It ends when this process is gone, because their channel closes then.
 */
export function startOwnProgram(
  args: readonly string[],
  options: {
    readonly outputFile: string
    readonly env?: Readonly<Record<string, string | undefined>>
  },
): OwnProgram {
  const output = openSync(options.outputFile, 'a')
  try {
    const child = fork(process.argv[1] ?? '', [...args], {
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, ...options.env },
      detached: true,
      execArgv: [...process.execArgv],
    })
    const ended = new Promise<number | string>((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal ?? 1))
      child.once('error', () => resolve(1))
    })
    return { pid: child.pid ?? -1, ended, signal: (name) => void child.kill(name) }
  } finally {
    closeSync(output) // the child has its own
  }
}
