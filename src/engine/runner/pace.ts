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

/** A piece of somebody's prompt costs running answers at most so many of their own steps: no gap is 5 times the usual one. */
const pieceSteps = 3

/** And of a slow model at most so long, or one step: ten tokens per second stay readable. */
const pieceMsMax = 100

/** The step size of the context: more would make a cancel wait, see `context.ts`. */
const promptTokensMax = 128

/** Less than this share of a step with a piece in it is never put down to the piece, so that no estimate comes near nothing. */
const pieceShareMin = 0.25

/** How much a new measurement counts; one that is worse than thought counts more, for somebody waits. */
const weight = 0.2
const weightOfWorse = 0.5

export class Pace {
  readonly #calibration: Calibration
  readonly #setThreads: (threads: number) => void
  readonly #clock: Clock
  #governor: GovernorState
  /** What a token of a prompt adds to a step. */
  #promptTokenMs: number
  /** How many times longer steps of answers take than when they were calibrated. */
  #slowness = 1

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
    this.#promptTokenMs = (widthMs.at(-1) ?? pieceMsMax) / Math.max(1, widthMs.length)
  }

  get threads(): number {
    return threadsOf(this.#governor) ?? this.#calibration.threads
  }

  /** How many of `answers` running ones share the next step. */
  width(answers: number): number {
    return bestWidth(this.#calibration.widthMs, answers)
  }

  /** Tokens of prompts in one step: few enough beside so many answers that these do not wait long, and one at least. */
  promptTokens(answers: number): number {
    if (answers === 0) return promptTokensMax
    const width = this.width(answers)
    const usualMs = this.#stepMs(width) * Math.ceil(answers / width)
    const gapMs = usualMs + Math.min(pieceSteps * usualMs, Math.max(pieceMsMax, usualMs))
    const affordableMs = Math.max(0, gapMs - this.#stepMs(answers))
    return Math.max(1, Math.min(promptTokensMax, Math.floor(affordableMs / this.#promptTokenMs)))
  }

  /** A step with this content took `ms`; may change the number of threads for the next. */
  observe({ answers, promptTokens }: StepContent, ms: number): void {
    if (promptTokens > 0) {
      const pieceMs = Math.max(ms - this.#stepMs(answers), ms * pieceShareMin)
      const worseBy = pieceMs / promptTokens - this.#promptTokenMs
      this.#promptTokenMs += (worseBy > 0 ? weightOfWorse : weight) * worseBy
      return
    }
    const { widthMs } = this.#calibration
    const [aloneMs, togetherMs] = [widthMs[0], widthMs[answers - 1]]
    if (aloneMs === undefined || togetherMs === undefined) return
    this.#slowness += weight * (ms / togetherMs - this.#slowness)
    const before = this.threads
    this.#governor = observe(this.#governor, (ms * aloneMs) / togetherMs, this.#clock.nowMs())
    if (this.threads !== before) this.#setThreads(this.threads)
  }

  /** What a step of so many answers takes now; beyond what was calibrated each is taken to add the same. */
  #stepMs(answers: number): number {
    const { widthMs } = this.#calibration
    const widest = widthMs.at(-1)
    if (answers === 0 || widest === undefined) return 0
    return (widthMs[answers - 1] ?? (widest * answers) / widthMs.length) * this.#slowness
  }
}
