/** What a step is made of on this machine: threads, answers beside each other, prompt tokens beside them. All measured. */
import type { Clock } from '../../sys/clock.ts'
import { bestWidth } from './batch-width.ts'
import type { Calibration } from './calibration.ts'
import { type GovernorState, initialGovernor, observe, threadsOf } from './thread-governor.ts'

/** What one decode had in it. */
export interface StepContent {
  readonly answers: number
  readonly promptTokens: number
}

/** Running answers wait at most about so long for a piece of somebody's prompt: ten tokens per second stay readable. */
const promptShareMsMax = 100

/** And at most so many times a step of their own, so that a fast model does not falter: no gap is 5 times the usual one. */
const promptShareSteps = 3

/** A shorter piece would make the prompt itself much slower. */
const promptTokensMin = 16

/** The step size of the context: more would make a cancel wait, see `context.ts`. */
const promptTokensMax = 128

/** How much a new measurement counts. */
const weight = 0.2

export class Pace {
  readonly #calibration: Calibration
  readonly #setThreads: (threads: number) => void
  readonly #clock: Clock
  #governor: GovernorState
  #promptTokenMs: number

  constructor(options: {
    calibration: Calibration
    setThreads: (threads: number) => void
    clock: Clock
  }) {
    const { calibration, setThreads, clock } = options
    this.#calibration = calibration
    this.#setThreads = setThreads
    this.#clock = clock
    this.#governor = initialGovernor(calibration.stepMs, calibration.threads)
    const { widthMs } = calibration
    this.#promptTokenMs = (widthMs.at(-1) ?? 0) / Math.max(1, widthMs.length)
  }

  get threads(): number {
    return threadsOf(this.#governor) ?? this.#calibration.threads
  }

  /** How many of `answers` running ones share the next step. */
  width(answers: number): number {
    return bestWidth(this.#calibration.widthMs, answers)
  }

  /** Tokens of prompts in one step: few enough beside so many answers that these do not wait long. */
  promptTokens(answers: number): number {
    if (answers === 0) return promptTokensMax
    const stepMs = this.#calibration.widthMs[answers - 1] ?? Number.POSITIVE_INFINITY
    const shareMs = Math.min(promptShareMsMax, promptShareSteps * stepMs)
    const affordable = Math.floor(shareMs / this.#promptTokenMs)
    return Math.max(promptTokensMin, Math.min(promptTokensMax, affordable))
  }

  /** A step with this content took `ms`; may change the number of threads for the next. */
  observe({ answers, promptTokens }: StepContent, ms: number): void {
    if (promptTokens >= promptTokensMin) {
      const tokenMs = ms / (promptTokens + answers)
      this.#promptTokenMs += weight * (tokenMs - this.#promptTokenMs)
      return
    }
    const { widthMs } = this.#calibration
    const [aloneMs, togetherMs] = [widthMs[0], widthMs[answers - 1]]
    if (promptTokens > 0 || aloneMs === undefined || togetherMs === undefined) return
    const before = this.threads
    this.#governor = observe(this.#governor, (ms * aloneMs) / togetherMs, this.#clock.nowMs())
    if (this.threads !== before) this.#setThreads(this.threads)
  }
}
