import { type Random, seededRandom } from '../../sys/random.ts'
import { abortable } from '../abortable.ts'
import type { AnswerFault, FaultName, Faults } from './options.ts'

/** Which requests a fault is for: those that need a model, or the rest. */
export type RequestKind = 'inference' | 'other'

/** An error that a request is to have, and the fault that says so. */
export interface Refusal {
  readonly status: number
  readonly error: string
  readonly fault: FaultName
}

/** The faults as they are switched now, and who waits for a switch. */
export class FaultSwitch {
  #faults: Faults = {}
  #refusalsLeft = 0
  #strikesLeft = 0
  #released = 0
  #chance: Random = seededRandom(0)
  readonly #waiting = new Set<() => void>()

  /** Replaces all faults; those that wait look again. */
  set(faults: Faults): void {
    this.#faults = faults
    this.#refusalsLeft = faults.refuseNext?.times ?? 0
    this.#strikesLeft = faults.answerTimes ?? Number.POSITIVE_INFINITY
    this.#released = 0
    this.#chance = seededRandom(faults.refuseSome?.seed ?? 0)
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

  get tokenDelayMs(): number {
    return this.#faults.tokenDelayMs ?? 0
  }

  /** Names that `/api/ps` is wrong about. */
  get psLies(): NonNullable<Faults['psLies']> {
    return this.#faults.psLies ?? {}
  }

  hangs(kind: RequestKind): boolean {
    return this.#faults.hang === 'all' || this.#faults.hang === kind
  }

  /** Waits as long as requests of this kind hang. */
  async untilAnswered(kind: RequestKind, signal: AbortSignal): Promise<void> {
    while (this.hangs(kind)) await this.#change(signal)
  }

  /** Waits until faults are set again. */
  async untilSet(signal: AbortSignal): Promise<void> {
    const faults = this.#faults
    while (this.#faults === faults) await this.#change(signal)
  }

  /** The error that the next request is to have, if any; counts it. */
  takeRefusal(): Refusal | undefined {
    const { refuseNext, refuseSome } = this.#faults
    if (refuseNext !== undefined && this.#refusalsLeft > 0) {
      this.#refusalsLeft--
      return { ...refuseNext, fault: 'refuseNext' }
    }
    const strikes = refuseSome !== undefined && this.#chance.number() < refuseSome.probability
    return strikes ? { ...refuseSome, fault: 'refuseSome' } : undefined
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
