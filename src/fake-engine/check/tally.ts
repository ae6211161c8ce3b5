import type { Api } from './answer-line.ts'
import type { Judged } from './ask.ts'
import { type AnswerClass, answerClasses, type Verdict } from './verdict.ts'

/** Examples that are kept of each class. */
const examplesMax = 3

/** An answer that was not `ok`, and which question it belongs to. */
export interface Example extends Verdict {
  /** Counted from 0 in the order of asking. */
  readonly number: number
  readonly api: Api
  readonly isStreamed: boolean
}

export interface CheckSummary {
  readonly answers: number
  readonly classes: Readonly<Record<AnswerClass, number>>
  readonly tokens: number
  readonly elapsedMs: number
  /** Of streamed answers, from asking to the first text; absent when none had any. */
  readonly firstTokenMs: { readonly p50: number; readonly p99: number } | undefined
  /** The first few of each class but `ok`. */
  readonly examples: readonly Example[]
}

/** Counts verdicts. */
export class Tally {
  readonly #startedMs: number
  readonly #classes = Object.fromEntries(answerClasses.map((name) => [name, 0])) as Record<
    AnswerClass,
    number
  >
  readonly #examples: Example[] = []
  readonly #firstTokenMs: number[] = []
  #tokens = 0
  #answers = 0

  constructor(startedMs: number) {
    this.#startedMs = startedMs
  }

  add(number: number, { question, verdict, firstTokenMs }: Judged): void {
    const count = ++this.#classes[verdict.class]
    this.#answers++
    this.#tokens += verdict.tokens
    const { api, isStreamed } = question
    if (isStreamed && firstTokenMs !== undefined) this.#firstTokenMs.push(firstTokenMs)
    if (verdict.class !== 'ok' && count <= examplesMax) {
      this.#examples.push({ number, api, isStreamed, ...verdict })
    }
  }

  summary(nowMs: number): CheckSummary {
    const sorted = this.#firstTokenMs.toSorted((a, b) => a - b)
    const p50 = percentile(sorted, 50)
    const p99 = percentile(sorted, 99)
    return {
      answers: this.#answers,
      classes: { ...this.#classes },
      tokens: this.#tokens,
      elapsedMs: nowMs - this.#startedMs,
      firstTokenMs: p50 === undefined || p99 === undefined ? undefined : { p50, p99 },
      examples: this.#examples,
    }
  }
}

/** Nearest rank: the smallest value that so many percent of all do not exceed. Undefined of none. */
export function percentile(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)]
}
