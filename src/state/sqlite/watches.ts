/**
 * Who watches what. A watch holds nothing but the position up to which it has read; what it has not read stays in the
 * history. So a slow one costs no memory and holds nobody up.
 */
import { OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Position } from '../port.ts'
import type { Commit } from './protocol.ts'

export class Watches {
  readonly #all = new Set<Watch>()
  readonly #countMax: number
  readonly #clock: Clock

  constructor(options: { countMax: number; clock: Clock }) {
    this.#countMax = options.countMax
    this.#clock = options.clock
  }

  /** Throws `OD_STATE_WATCHES`. */
  add(prefix: string, after: Position): Watch {
    if (this.#all.size >= this.#countMax) {
      throw new OdError('OD_STATE_WATCHES', { countMax: this.#countMax })
    }
    const watch = new Watch(prefix, after, this.#clock)
    this.#all.add(watch)
    return watch
  }

  remove(watch: Watch): void {
    this.#all.delete(watch)
  }

  tell(commits: readonly Commit[]): void {
    for (const watch of this.#all) for (const commit of commits) watch.tell(commit)
  }

  wakeAll(): void {
    for (const watch of this.#all) watch.wake()
  }
}

export class Watch {
  readonly prefix: string
  /** Everything of the prefix up to here was read. */
  position: Position
  readonly #clock: Clock
  #hasNews = false
  /** The newest commit that it was told of, and everything before it. */
  #told = 0
  #wake: (() => void) | undefined

  constructor(prefix: string, after: Position, clock: Clock) {
    this.prefix = prefix
    this.position = after
    this.#clock = clock
  }

  /** Call before reading: what is committed from now on is news. */
  beginRead(): void {
    this.#hasNews = false
  }

  /** Resolves with true once there is news, at once when there was some since `beginRead`; with false after `forMs`. */
  async news(forMs: number, signal: AbortSignal): Promise<boolean> {
    const isOver = () => this.#hasNews || signal.aborted
    if (!isOver()) await this.#wakeOrTime(forMs, signal)
    if (isOver()) return true
    this.#catchUp()
    return false
  }

  tell({ revision, keys }: Commit): void {
    if (keys.some((key) => key.startsWith(this.prefix))) {
      if (!this.#hasNews) this.#catchUp()
      this.wake()
    }
    this.#told = revision
  }

  wake(): void {
    this.#hasNews = true
    this.#wake?.()
  }

  /** Nothing of the prefix is among what it was told of, so that counts as read: compaction must not overtake who waits. */
  #catchUp(): void {
    const revision = Math.max(this.position.revision, this.#told)
    this.position = { ...this.position, revision }
  }

  #wakeOrTime(forMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        cancel()
        signal.removeEventListener('abort', settle)
        this.#wake = undefined
        resolve()
      }
      const cancel = this.#clock.after(forMs, settle)
      signal.addEventListener('abort', settle)
      this.#wake = settle
    })
  }
}
