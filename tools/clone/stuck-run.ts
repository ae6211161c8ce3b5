/**
 * A reporter of vitest that ends a run which would not end. Tests and hooks have bounds, but a worker keeps them with timers:
 * one that computes without a pause, or waits in a synchronous call, is past them. And vitest waits until the output of every
 * worker has ended, which a process that one left behind can put off for ever.
 */
import { execFileSync } from 'node:child_process'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** How long a test file may say nothing: twice the longest bound of a test or a hook. */
const silenceMs = 10 * 60_000

/** How long a run may go on when its last test has ended. */
const afterEndMs = 60_000

/** How long all of it may take: three times what it should, on two cores. */
const wholeMs = 75 * 60_000

const bounds = { silenceMs, afterEndMs, wholeMs }

/** These hold for hours what they were told to. */
const unboundedProject = 'long'

interface Running {
  readonly file: string
  readonly startedMs: number
  heardMs: number
  doing: string
}

export default class StuckRun implements Reporter {
  readonly #running = new Map<string, Running>()
  readonly #bounds: Readonly<typeof bounds>
  #startedMs = 0
  #watch: NodeJS.Timeout | undefined

  constructor(others: Partial<typeof bounds> = {}) {
    this.#bounds = { ...bounds, ...others }
  }

  onTestRunStart(): void {
    this.#startedMs = performance.now()
    this.#watch = setInterval(() => this.#look(), this.#bounds.silenceMs / 10)
  }

  onTestModuleQueued(module: TestModule): void {
    if (module.project.name === unboundedProject) return
    const nowMs = performance.now()
    const file = module.relativeModuleId
    this.#running.set(module.id, { file, startedMs: nowMs, heardMs: nowMs, doing: 'its beginning' })
  }

  onTestCaseReady(test: TestCase): void {
    this.#heard(test.module, test.fullName)
  }

  onTestCaseResult(test: TestCase): void {
    this.#heard(test.module, `what comes after: ${test.fullName}`)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module.id)
  }

  onTestRunEnd(): void {
    clearInterval(this.#watch)
    const end = () => giveUp('All tests have ended, and something that they started has not.')
    setTimeout(end, this.#bounds.afterEndMs).unref()
  }

  #heard(module: TestModule, doing: string): void {
    const running = this.#running.get(module.id)
    if (running !== undefined) Object.assign(running, { heardMs: performance.now(), doing })
  }

  #look(): void {
    const nowMs = performance.now()
    const running = [...this.#running.values()]
    const silent = running.find(({ heardMs }) => nowMs - heardMs > this.#bounds.silenceMs)
    if (silent !== undefined) {
      const silence = minutes(this.#bounds.silenceMs)
      return giveUp(`${silent.file} has said nothing for ${silence}, in ${silent.doing}.`)
    }
    if (nowMs - this.#startedMs < this.#bounds.wholeMs || running.length === 0) return
    const files = running.map(
      ({ file, startedMs, doing }) => `${file} (for ${minutes(nowMs - startedMs)}), in ${doing}`,
    )
    giveUp(`The run takes longer than ${minutes(this.#bounds.wholeMs)}. ${files.join('; ')}.`)
  }
}

function minutes(ms: number): string {
  return `${Math.round(ms / 60_000)} min`
}

/** Ends the run as failed, with what still runs below it. */
function giveUp(reason: string): void {
  process.stderr.write(`\n${reason}\nThe run is ended. What runs:\n${processTable()}\n`)
  process.exit(1)
}

function processTable(): string {
  const columns = 'pid,ppid,stat,etimes,time,wchan:20,args'
  try {
    const args = ['-e', '--forest', '-o', columns, '--cols', '160', '--no-headers']
    const lines = execFileSync('ps', args, { encoding: 'utf8', timeout: 10_000 }).split('\n')
    return lines.filter((line) => !/ 2 [A-Z]|\[\w/.test(line)).join('\n') // no threads of the kernel
  } catch {
    return '(there is no ps of Linux)'
  }
}
