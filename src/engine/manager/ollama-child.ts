/** An Ollama as a child process of this one. */
import { originOf } from '../../core/ollama-host.ts'
import type { Clock } from '../../sys/clock.ts'
import { holderText, portState } from '../../sys/network.ts'
import type { Processes } from '../../sys/processes.ts'
import type { Random } from '../../sys/random.ts'
import {
  type ChildRecords,
  type ChildSupervisor,
  type ChildView,
  superviseChild,
} from '../child/index.ts'
import { type Instance, ollamaEnvironment } from './instance.ts'

interface OllamaChildOptions {
  readonly name: string
  /** Path of the `ollama` program. */
  readonly program: string
  readonly instance: Instance
  readonly logFile: string
  /** Resolves once an Ollama answers at that origin. */
  readonly untilAnswers: (url: string, signal: AbortSignal) => Promise<string | undefined>
  readonly clock: Clock
  readonly random: Random
  readonly processes: Processes
  readonly records: ChildRecords
  readonly onChange: (view: ChildView) => void
}

/** The supervisor of an Ollama; it does not run before `start`. Its port is looked at before each start of a process. */
export function ollamaChild(options: OllamaChildOptions): ChildSupervisor {
  const { program, instance, untilAnswers, ...others } = options
  const { host, port, dataDir } = instance
  return superviseChild({
    ...others,
    command: program,
    args: ['serve'],
    cwd: dataDir,
    env: ollamaEnvironment(instance),
    obstacle: () => portObstacle(host, port),
    untilReady: (signal) => untilAnswers(originOf(host, port), signal),
  })
}

/** Why nobody can begin to listen there, one clause, or undefined. */
export async function portObstacle(host: string, port: number): Promise<string | undefined> {
  switch (await portState(host, port)) {
    case 'free':
      return undefined
    case 'taken':
      return `port ${port} is in use by ${holderText(host, port) ?? 'another program'}`
    case 'forbidden':
      return `this user may not listen at port ${port}`
    case 'unavailable':
      return `${host} is not an address of this machine`
  }
}
