/** The processes of one measurement. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadOrder, LoadResult } from './load.ts'
import type { SlowOrder, SlowResult } from './slow-load.ts'

/** A process that listens, or several that count as one. */
export interface Listening {
  readonly pid: number
  readonly port: number
  stop(): Promise<void>
}

type LoadScript = 'gateway/load' | 'gateway/slow-load'

type Script =
  | 'gateway/fake-engine'
  | 'gateway/bare-relay'
  | LoadScript
  | 'links/far-end'
  | 'links/near-end'

/**
 * Each in a session of its own, as the product is started: Linux shares its cores out among sessions first, so that one
 * in the session of the others would be served better or worse than one alone.
 */
function start(script: Script, args: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(`../${script}.ts`, import.meta.url))
  return fork(file, args, { detached: true })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill()
  await exited
}

/** Starts one that tells where it listens. */
export async function startListening(
  script: Exclude<Script, LoadScript>,
  args: readonly string[] = [],
): Promise<Listening> {
  const child = start(script, args)
  const { port } = (await answerOf(child)) as { port: number }
  return { pid: child.pid ?? 0, port, stop: () => stop(child) }
}

/** A process that does one load after the other, as it is asked. */
export interface Asked<Order, Result> {
  run(order: Order): Promise<Result>
  stop(): Promise<void>
}

export type Load = Asked<LoadOrder, LoadResult>

export const startLoad = (): Load => startAsked('gateway/load')

export const startSlowLoad = (): Asked<SlowOrder, SlowResult> => startAsked('gateway/slow-load')

function startAsked<Order extends object, Result>(script: LoadScript): Asked<Order, Result> {
  const child = start(script)
  return {
    async run(order) {
      const answered = answerOf(child)
      child.send(order)
      return (await answered) as Result
    },
    stop: () => stop(child),
  }
}

/** The next message; rejects when the process ends without one. */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error('a process of the benchmark ended'))
    child.once('exit', end)
    child.once('message', (message) => {
      child.off('exit', end)
      resolve(message)
    })
  })
}

/** Seconds that all threads of a process have been on a core, as Linux counts them, to the nanosecond. */
export function cpuSecondsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
    return Number(text.split(' ')[0])
  })
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9
}

/** Memory of a process that is in RAM now. */
export function rssBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
