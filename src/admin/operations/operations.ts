import { isOdError, OdError } from '../../core/errors/index.ts'
import { type Loop, startLoop } from '../../core/loop.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { LongAction } from '../engine-actions.ts'
import type { EventLog } from '../events/event-log.ts'
import {
  type Operation,
  type OperationAction,
  type OperationEffect,
  type OperationEvent,
  type OperationResult,
  type OperationsState,
  runningFor,
  step,
} from './machine.ts'

/** Runs long actions and owns what is known of them; see `machine.ts` for the rules. */
export class Operations {
  readonly #options: { clock: Clock; events: EventLog; log: Log }
  readonly #loop: Loop<OperationsState, OperationEvent>
  readonly #aborts = new Map<string, AbortController>()
  readonly #listeners = new Set<(operation: Operation) => void>()
  readonly #start: string
  #count = 0

  constructor(options: { clock: Clock; events: EventLog; log: Log }) {
    const { clock } = options
    this.#options = options
    this.#start = clock.wallMs().toString(36)
    this.#loop = startLoop({
      initial: new Map(),
      step,
      nowMs: () => clock.wallMs(),
      perform: (effect) => this.#perform(effect),
    })
  }

  /** Runs an action of an engine. Throws `OD_OPERATION_BUSY` while another one of it runs. */
  begin(action: OperationAction, engine: string, work: LongAction): Operation {
    const other = runningFor(this.#loop.state, engine)
    if (other !== undefined) {
      throw new OdError('OD_OPERATION_BUSY', { engine, other: other.id, action: other.action })
    }
    this.#count++
    const id = `${this.#start}-${this.#count}`
    this.#loop.send({ type: 'begun', id, action, engine })
    void this.#run(id, work)
    return this.get(id)
  }

  /** Those that run and the newest of those that are over; oldest first. */
  list(): readonly Operation[] {
    return [...this.#loop.state.values()]
  }

  /** Throws `OD_OPERATION_UNKNOWN`, also for one that is forgotten. */
  get(id: string): Operation {
    const found = this.#loop.state.get(id)
    if (found === undefined) throw new OdError('OD_OPERATION_UNKNOWN', { operation: id })
    return found
  }

  /**
   * Gives an operation up; its end tells what came of that. Throws as `get`, `OD_OPERATION_OVER`, and `OD_OPERATION_FIRM` for
   * one that must go on to its end, or is given up already.
   */
  cancel(id: string): Operation {
    const { state, step: doing, canCancel } = this.get(id)
    if (state !== 'running') throw new OdError('OD_OPERATION_OVER', { operation: id, state })
    if (!canCancel) throw new OdError('OD_OPERATION_FIRM', { operation: id, step: doing })
    this.#loop.send({ type: 'cancel.asked', id })
    return this.get(id)
  }

  /** Hears of every operation that begins, goes on or ends. Returns what ends it. */
  listen(listener: (operation: Operation) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #run(id: string, work: LongAction): Promise<void> {
    const abort = new AbortController()
    const { signal } = abort
    this.#aborts.set(id, abort)
    const tell = (doing: string, canCancel: boolean) =>
      this.#loop.send({ type: 'stepped', id, step: doing, canCancel })
    const result = await work({ signal, tell }).then(
      (): OperationResult => ({ state: 'succeeded' }),
      (error: unknown) => this.#failure(id, error, signal),
    )
    this.#aborts.delete(id)
    this.#loop.send({ type: 'ended', id, result })
  }

  #failure(id: string, error: unknown, signal: AbortSignal): OperationResult {
    if (signal.aborted && error === signal.reason) return { state: 'cancelled' }
    if (isOdError(error)) {
      const { message, code, remedy } = error
      return { state: 'failed', error: { error: message, code, remedy } }
    }
    this.#options.log.error({ operation: id, error: String(error) }, 'operation.broken')
    return { state: 'failed', error: { error: 'internal error' } }
  }

  #perform(effect: OperationEffect): void {
    if (effect.type === 'abort') return this.#aborts.get(effect.id)?.abort()
    const { operation } = effect
    const { id, action, engine, state, step: doing, error } = operation
    const facts = { operation: id, action, engine, state, step: doing, ...error }
    this.#options.log.info(facts, 'operation.changed')
    this.#options.events.add('operation.changed', facts)
    for (const listener of this.#listeners) listener(operation)
  }
}
