import { abortable } from './abortable.ts'
import type { AnswerFault, Faults } from './protocol.ts'

/** Which requests a fault is for: those that need a model, or the rest. */
export type RequestKind = 'inference' | 'other'

/** The faults as they are switched now, and who waits for a switch. */
export class FaultSwitch {
  #faults: Faults = {}
  #refusalsLeft = 0
  #strikesLeft = 0
  #released = 0
  readonly #waiting = new Set<() => void>()

  /** Replaces all faults; those that wait look again. */
  set(faults: Faults): void {
    this.#faults = faults
    this.#refusalsLeft = faults.refuseNext?.times ?? 0
    this.#strikesLeft = faults.answerTimes ?? Number.POSITIVE_INFINITY
    this.#released = 0
    this.#wake()
  }

  /** Lets every held answer make so many tokens more. */
  release(tokens: number): void {
    this.#released += tokens
    this.#wake()
  }

  get refusesConnections(): boolean {
    return this.#faults.refuseConnections ?? false
  }

  get headerDelayMs(): number {
    return this.#faults.headerDelayMs ?? 0
  }

  /** Waits as long as requests of this kind hang. */
  async untilAnswered(kind: RequestKind, signal: AbortSignal): Promise<void> {
    const hangs = () => this.#faults.hang === 'all' || this.#faults.hang === kind
    while (hangs()) await this.#change(signal)
  }

  /** The error that the next request is to have, if any; counts it. */
  takeRefusal(): { status: number; error: string } | undefined {
    const refusal = this.#faults.refuseNext
    if (refusal === undefined || this.#refusalsLeft <= 0) return undefined
    this.#refusalsLeft--
    return refusal
  }

  /** What is to happen to an answer that starts now, if anything; counts it. */
  takeAnswerFault(): AnswerFault | undefined {
    if (this.#faults.answer === undefined || this.#strikesLeft <= 0) return undefined
    this.#strikesLeft--
    return this.#faults.answer
  }

  isHeld(tokensMade: number): boolean {
    const limit = this.#faults.holdAfterTokens
    return limit !== undefined && tokensMade >= limit + this.#released
  }

  /** Waits until one more token may be made. */
  async untilReleased(tokensMade: number, signal: AbortSignal): Promise<void> {
    while (this.isHeld(tokensMade)) await this.#change(signal)
  }

  #change(signal: AbortSignal): Promise<void> {
    return abortable(signal, (resolve) => {
      const wake = () => {
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      return () => void this.#waiting.delete(wake)
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}
