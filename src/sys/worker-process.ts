/**
 * A Node process of our own that does one dangerous job, with a channel for messages (structured clone). It ends when its
 * parent is gone, however the parent went, because then the channel closes.
 */
import { fork } from 'node:child_process'
import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { fileURLToPath } from 'node:url'

/** Lines of its standard error that are kept, and characters per line: enough for a reason, bounded for a chatterbox. */
const stderrLinesMax = 100
const stderrLineCharactersMax = 2_000

/** How a worker ended. */
export interface WorkerExit {
  readonly code: number | null
  readonly signal: string | null
  /** The last lines that it wrote to standard error. */
  readonly stderr: readonly string[]
}

/** The parent's side of a worker. */
export interface WorkerProcess<In, Out> {
  readonly pid: number
  /** Sends a message; silently without effect once the worker is gone (`onExit` tells that). */
  send(message: In): void
  onMessage(action: (message: Out) => void): void
  /** Called once, after the last message. */
  onExit(action: (exit: WorkerExit) => void): void
  /** What it writes to standard output, as it comes; nothing where that was not asked for. */
  readonly output: AsyncIterable<Uint8Array>
  /** Ends it at once. */
  kill(): void
}

/**
 * Starts `entry`, a module named without its extension by a URL relative to the caller's `import.meta.url`, with the
 * extension that the caller has: the source runs the source, the build runs the build.
 */
export function startWorker<In, Out>(
  entry: URL,
  options: { env?: Readonly<Record<string, string | undefined>>; hasOutput?: boolean } = {},
): WorkerProcess<In, Out> {
  const extension = import.meta.filename.endsWith('.ts') ? '.ts' : '.js'
  const child = fork(fileURLToPath(entry) + extension, [], {
    serialization: 'advanced',
    stdio: ['ignore', options.hasOutput === true ? 'pipe' : 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...process.env, ...options.env },
  })
  const stderr: string[] = []
  const decoder = new StringDecoder('utf8')
  let partial = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    const lines = (partial + decoder.write(chunk)).split('\n')
    partial = (lines.pop() ?? '').slice(0, stderrLineCharactersMax)
    for (const line of lines) stderr.push(line.slice(0, stderrLineCharactersMax))
    stderr.splice(0, stderr.length - stderrLinesMax)
  })
  child.on('error', () => undefined) // a failed start also ends in `close`; a failed send means it is gone
  return {
    pid: child.pid ?? -1,
    send: (message) => {
      if (child.connected) child.send(message as object)
    },
    onMessage: (action) => void child.on('message', (message) => action(message as Out)),
    onExit: (action) =>
      void child.once('close', (code, signal) => {
        if (partial !== '') stderr.push(partial)
        action({ code, signal, stderr })
      }),
    output: child.stdout ?? Readable.from([]),
    kill: () => void child.kill('SIGKILL'),
  }
}

/** The worker's side: sends to and hears from the parent, and ends this process when the parent is gone. */
export function parentChannel<In, Out>(onMessage: (message: In) => void): (message: Out) => void {
  const end = () => process.exit(0)
  process.on('disconnect', end)
  if (!process.connected) end() // it went while this process was still reading its modules
  process.on('message', (message) => onMessage(message as In))
  return (message) => {
    if (process.connected) process.send?.(message, undefined, {}, () => undefined)
  }
}

/** Writes to the output of this worker. Resolves when there is room for more. */
export function writeOutput(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

/** Ends this worker; all that was written reaches the parent first. */
export async function endOutput(): Promise<void> {
  await writeOutput(new Uint8Array(0))
  process.exit(0)
}

/** Memory of this process that is in RAM, in bytes. */
export function residentBytes(): number {
  return process.memoryUsage.rss()
}

/** What this process was given on its command line. */
export function argumentsOfThisProcess(): readonly string[] {
  return process.argv.slice(2)
}

/** A variable of this process's environment, empty when there is none; programs started from here do not get it. */
export function takeFromEnvironment(name: string): string {
  const value = process.env[name] ?? ''
  delete process.env[name]
  return value
}

/** The variables that this process was started with. */
export function environmentOfThisProcess(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** On SIGTERM: does `action`, then ends this process. */
export function whenAskedToStop(action: () => Promise<void>): void {
  process.once('SIGTERM', () => void action().finally(() => process.exit(0)))
}
