import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { LineSplitter } from './processes-lines.ts'
import { findByEnvironment, readProcess, readProcesses, treeOf } from './processes-table.ts'

/** What is to be run, and who hears of it. Nothing is called after `onExit`. */
export interface SpawnRequest {
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's own environment; its names win. */
  readonly env: Readonly<Record<string, string>>
  /** Folder in which it runs; this process's own when absent. */
  readonly cwd?: string
  /** A program that is not ours is given no channel: it would pass it on to whatever it starts. */
  readonly hasChannel: boolean
  /** One line of its standard output or standard error, at most `lineBytesMax` bytes of it. */
  readonly onLine: (line: string) => void
  /** A message over the channel between parent and child, as `process.send` in the child sent it. */
  readonly onMessage: (message: unknown) => void
  /** Called once, when it has ended or could not be started; `reason` is one short clause. */
  readonly onExit: (reason: string) => void
}

export interface SpawnedProcess {
  /** Undefined when it could not be started; `onExit` follows. */
  readonly pid: number | undefined
  /** Asks it to end (SIGTERM). Nothing when it has ended. */
  terminate(): void
  /** Ends it, its process group and all descendants at once (SIGKILL). Nothing when it has ended. */
  killTree(): void
}

/** Processes of this machine as the rest of the program sees them. */
export interface Processes {
  /**
   * Starts a process in a group and session of its own, so that Ctrl-C in a terminal does not reach it. A channel tells
   * it of our death by `disconnect`. When it ends, what is left of its group is killed.
   */
  spawn(request: SpawnRequest): SpawnedProcess
  /** True while there is a process with that pid which has not ended. */
  isAlive(pid: number): boolean
  /**
   * When the process started, in words to compare and not to read: equal for the same process only, so that a pid which
   * was given out again is seen. Undefined when there is none, and on Windows.
   */
  startTimeOf(pid: number): string | undefined
  /** Pids of processes that were started with `name=value` in their environment; Linux only, none elsewhere. */
  findByEnvironment(name: string, value: string): readonly number[]
  /**
   * Ends a process, its group and all descendants at once. The caller has made sure that the pid is the one meant; the
   * first process of the machine, this one, and numbers below are never touched.
   */
  killTree(pid: number): void
}

/** How long a dead process's last lines are waited for; only a stranger who inherited the pipe makes it this long. */
const drainMs = 250

/** Rounds in which a tree is stopped and counted again, until nobody new was born in between. */
const freezeRounds = 5

/** The machine's own processes. */
export const systemProcesses: Processes = {
  spawn(request) {
    let child: ChildProcess
    try {
      child = spawn(request.command, request.args, {
        ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
        detached: true,
        env: { ...process.env, ...request.env },
        stdio: request.hasChannel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      })
    } catch (error) {
      // Node tells most failures by an event, but throws those of a machine without memory.
      setImmediate(request.onExit, startFailure(error as NodeJS.ErrnoException))
      return { pid: undefined, terminate() {}, killTree() {} }
    }
    const isOver = watch(child, request)
    return {
      pid: child.pid,
      terminate: () => void child.kill('SIGTERM'),
      killTree() {
        if (child.pid !== undefined && !isOver()) killTree(child.pid)
      },
    }
  },

  isAlive(pid) {
    if (process.platform === 'linux') return readProcess(pid)?.isZombie === false
    try {
      return process.kill(pid, 0)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' // it is there and somebody else's
    }
  },

  startTimeOf: (pid) => readProcess(pid)?.startTime,
  findByEnvironment,
  killTree,
}

/** Passes on what a child does. The function it returns tells whether the child has ended. */
function watch(child: ChildProcess, request: SpawnRequest): () => boolean {
  const splitters = [child.stdout, child.stderr].map((stream) => {
    const splitter = new LineSplitter(request.onLine)
    stream?.on('data', (chunk: Buffer) => splitter.push(chunk))
    stream?.on('error', () => {}) // the pipe broke; the end of the process is what counts
    return splitter
  })
  let reason: string | undefined
  let isTold = false
  const tell = (): void => {
    if (isTold || reason === undefined) return
    isTold = true
    child.stdout?.destroy()
    child.stderr?.destroy()
    for (const splitter of splitters) splitter.end()
    request.onExit(reason)
  }
  child.on('message', (message) => {
    if (!isTold) request.onMessage(message)
  })
  child.on('error', (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return // a message that did not get through; its end is told by `exit`
    reason = startFailure(error)
    tell()
  })
  child.once('exit', (code, signal) => {
    reason = signal === null ? `exit code ${code}` : `killed by ${signal}`
    if (child.pid !== undefined && process.platform !== 'win32') send(-child.pid, 'SIGKILL')
    setTimeout(tell, drainMs).unref()
  })
  child.once('close', tell)
  return () => reason !== undefined
}

function startFailure(error: NodeJS.ErrnoException): string {
  return `could not be started (${error.code ?? error.name})`
}

/**
 * Stops the members before it kills them: a process that is about to start another cannot do so between our look at the
 * table and the kill, and no member sees another one end and reacts to it.
 */
function killTree(pid: number): void {
  if (process.platform === 'win32') {
    execFile('taskkill', ['/pid', String(pid), '/t', '/f'], () => {}) // its failure means that it is gone
    return
  }
  if (pid <= 1 || pid === process.pid) return // to the kernel 0 and below mean whole groups, ours among them
  const members = new Set<number>([pid])
  send(pid, 'SIGSTOP')
  for (let round = 0; round < freezeRounds; round++) {
    const fresh = treeOf(readProcesses(), pid).filter((entry) => !members.has(entry.pid))
    for (const entry of fresh) {
      send(entry.pid, 'SIGSTOP')
      members.add(entry.pid)
    }
    if (fresh.length === 0) break
  }
  for (const member of members) send(member, 'SIGKILL')
}

/** Sends a signal to a process, or to a group when the number is negative; one that has ended is no failure. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: it is gone. EPERM: a zombie on macOS, or it changed its user; nothing we could do about it.
  }
}
