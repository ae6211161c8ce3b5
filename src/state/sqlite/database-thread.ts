/** The way to the thread that has the database: what waits, what goes together, what becomes of it when the thread dies. */
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { startThread, type WorkerThread } from '../../sys/worker-thread.ts'
import type { Lease } from '../port.ts'
import {
  type Call,
  type Commit,
  type DatabasePlace,
  type Failure,
  type FromThread,
  isWriting,
  type Result,
  type ToThread,
} from './protocol.ts'

export interface DatabaseThreadOptions {
  readonly place: DatabasePlace
  readonly clock: Clock
  readonly log: Log
  /** Hears of the leases in the database whenever it was opened. */
  readonly onOpened: (leases: readonly Lease[]) => void
  /** Hears of what was committed, in order, before those who wrote it do. */
  readonly onCommits: (commits: readonly Commit[]) => void
}

interface Waiting {
  readonly call: Call
  readonly settle: (result: Result) => void
}

/** With these nothing helps but a person; they are not tried again. */
const finalCodes: readonly string[] = ['OD_STATE_DAMAGED', 'OD_STATE_NEWER']

export class DatabaseThread {
  readonly #options: DatabaseThreadOptions
  #thread: WorkerThread<ToThread, FromThread> | undefined
  #isOpen = false
  #final: Failure | undefined
  #isClosed = false
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(options: DatabaseThreadOptions) {
    this.#options = options
  }

  /** Opens the database; returns why that failed. */
  async open(): Promise<Failure | undefined> {
    if (this.#isOpen) return undefined
    if (this.#final !== undefined) return this.#final
    const reply = await this.#ask({ type: 'open' })
    if (reply.type === 'opened') {
      this.#isOpen = true
      this.#options.onOpened(reply.leases)
      return undefined
    }
    const failure = reply.type === 'failed' ? reply.failure : unavailable('its thread is confused')
    this.#options.log.error({ code: failure.code, ...failure.parameters }, 'state.not-open')
    if (finalCodes.includes(failure.code)) this.#final = failure
    return failure
  }

  /** Never rejects. After `callMs` a call that was not begun is given up, and of one that was nothing is known. */
  call(call: Call): Promise<Result> {
    const { clock, place } = this.#options
    const { callsWaitingMax, callMs } = place.limits
    if (this.#isClosed) return Promise.resolve(failed(unavailable('it is closed')))
    if (this.#waiting.length >= callsWaitingMax) {
      const parameters = { countMax: callsWaitingMax }
      return Promise.resolve(failed({ code: 'OD_STATE_BUSY', parameters }))
    }
    return new Promise((resolve) => {
      const cancel = clock.after(callMs, () => {
        const isBegun = !this.#waiting.includes(waiting)
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        const reason = `no answer within ${callMs} ms`
        resolve(isBegun ? lost(call, reason) : failed(unavailable(reason)))
      })
      const settle = (result: Result) => {
        cancel()
        resolve(result)
      }
      const waiting = { call, settle }
      this.#waiting.push(waiting)
      this.#running ??= this.#run()
    })
  }

  /** What waits is refused, what runs is finished. A disk that hangs is left behind after `callMs`. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { settle } of this.#waiting.splice(0)) settle(failed(unavailable('it is closed')))
    const { clock, place } = this.#options
    await new Promise<void>((resolve) => {
      const cancel = clock.after(place.limits.callMs, resolve)
      void this.#finish().then(() => {
        cancel()
        resolve()
      })
    })
  }

  async #finish(): Promise<void> {
    await this.#running
    if (this.#thread === undefined) return
    await this.#ask({ type: 'close' })
    await this.#thread?.end()
    this.#thread = undefined
  }

  async #run(): Promise<void> {
    await Promise.resolve() // those who ask in the same turn go together
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.place.limits.callsPerCommitMax)
      await this.#answer(batch)
    }
    this.#running = undefined
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const failure = await this.open()
    if (failure !== undefined) {
      for (const { settle } of batch) settle(failed(failure))
      return
    }
    const reply = await this.#ask({ type: 'calls', calls: batch.map(({ call }) => call) })
    if (reply.type !== 'results') {
      const reason = reply.type === 'failed' ? String(reply.failure.parameters['reason']) : ''
      for (const { call, settle } of batch) settle(lost(call, reason))
      return
    }
    this.#options.onCommits(reply.commits)
    batch.forEach(({ settle, call }, at) => settle(reply.results[at] ?? lost(call, 'no answer')))
    if (reply.isBroken) {
      this.#options.log.error({ result: reply.results.find(isBad) }, 'state.disk-failed')
      this.#isOpen = false
    } else if (reply.isCompactionDue) await this.#ask({ type: 'compact' })
  }

  /** A thread that dies is a failure of what was asked; the next question starts another one. */
  async #ask(message: ToThread): Promise<FromThread> {
    const { place, log } = this.#options
    this.#thread ??= startThread(new URL('./thread', import.meta.url), place)
    try {
      return await this.#thread.ask(message)
    } catch (error) {
      log.error({ err: error }, 'state.thread-died')
      this.#thread = undefined
      this.#isOpen = false
      return { type: 'failed', failure: unavailable('its thread died') }
    }
  }
}

/** The error of a failure, to be thrown. */
export function errorOf({ code, parameters }: Failure): OdError {
  return new OdError(code, parameters)
}

function failed(failure: Failure): Result {
  return { type: 'failed', failure }
}

function unavailable(reason: string): Failure {
  return { code: 'OD_STATE_UNAVAILABLE', parameters: { reason } }
}

/** What is to be said of a call whose answer never comes. */
function lost(call: Call, reason: string): Result {
  return isWriting(call) ? { type: 'unknown', reason } : failed(unavailable(reason))
}

function isBad({ type }: Result): boolean {
  return type !== 'done'
}
