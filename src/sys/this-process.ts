/** The process that runs this program: how it was called, its streams, the signals that reach it, and its end. */
import { homedir } from 'node:os'

/** What a command may know and do of its own process. */
export interface ThisProcess {
  /** What stood after the program's name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  /** Absolute. */
  readonly homeDir: string
  /** As `process.platform`. */
  readonly platform: string
  readonly isRoot: boolean
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  readonly errors: NodeJS.WriteStream
  /** Fires when nobody reads the output any more (`… | head`); what is written after that is lost without an error. */
  readonly outputClosed: AbortSignal
  /** Calls `action` at each of the signals instead of ending. Returns a function that gives that up. */
  onSignal(names: readonly NodeJS.Signals[], action: () => void): () => void
  /**
   * Calls `action` once when the program that started this one is gone: their channel closes, or, with
   * `OD_PARENT_WATCH=stdin` in the environment, standard input ends. Never without either.
   */
  onParentGone(action: () => void): void
}

/** A timer's longest delay; the one that holds the process alive is only ever cleared. */
const longestTimerMs = 2 ** 31 - 1

/** This process. Call once. */
export function openThisProcess(): ThisProcess {
  const closed = new AbortController()
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => closed.abort()) // EPIPE; a full disk behind a file ends up here, too
  }
  return {
    args: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    homeDir: homedir(),
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    get input() {
      return process.stdin // opened at first use: a command that does not read must not take what others may read
    },
    output: process.stdout,
    errors: process.stderr,
    outputClosed: closed.signal,
    onSignal(names, action) {
      for (const name of names) process.on(name, action)
      return () => {
        for (const name of names) process.off(name, action)
      }
    },
    onParentGone(action) {
      let isTold = false
      const tell = (): void => {
        if (!isTold) action()
        isTold = true
      }
      if (process.connected) process.once('disconnect', tell)
      else if (process.send !== undefined) tell() // it went before we began to listen
      if (process.env['OD_PARENT_WATCH'] !== 'stdin') return
      for (const event of ['end', 'close', 'error']) process.stdin.once(event, tell)
      process.stdin.resume()
    },
  }
}

/**
 * Runs `main` and ends the process with the code that it gives, after all output is out. The process lives exactly as long
 * as `main`, whatever timers and sockets there are. An error that nobody caught ends it with the code of `onBug`.
 */
export async function liveAs(
  main: () => Promise<number>,
  onBug: (error: unknown) => number,
): Promise<never> {
  const hold = setInterval(() => {}, longestTimerMs)
  process.once('uncaughtException', (error) => void leave(onBug(error)))
  const code = await main()
  clearInterval(hold)
  return await leave(code)
}

async function leave(code: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(written))
  process.exit(code)
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve())
  })
}
