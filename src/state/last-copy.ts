/**
 * The last that this node saw of the store, on its disk. With the store out of reach a node goes on with it, and says how
 * old it is.
 */
import { isOdError } from '../core/errors/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { CopiedEntries } from './copied-entries.ts'
import { readCopy, writeCopy } from './copy-file.ts'
import { type StateLimits, stateLimits } from './limits.ts'
import { pause } from './pause.ts'
import type { Entry, Page, Position, StateStore } from './port.ts'

export interface LastCopyOptions {
  readonly store: StateStore
  /** What is kept: all keys that begin so. */
  readonly prefix: string
  /** Of the file, readable by its owner only. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** Hears of every change of the copy, after it. */
  readonly onChange?: () => void
  /** `stateLimits` when absent. */
  readonly limits?: StateLimits
}

/** Entries as the store had them at a moment. */
export interface CopyReading {
  /** In the order of their keys. */
  readonly entries: readonly Entry[]
  /** Undefined as long as this node has never seen the store. */
  readonly at: Position | undefined
  /**
   * Milliseconds since the store said that this is how it is: about `progressMs` at most while it is reached. After a
   * restart of this node the clock on the wall counts, and it may look older than it is, by `lastCopyTouchMs` at most.
   */
  readonly ageMs: number | undefined
  /**
   * True when there is a store that has lost what this node has seen: it was wiped, or an old backup. It is not followed,
   * so that nothing is deleted because of it, until it is accepted or the right one is back.
   */
  readonly isStoreReplaced: boolean
}

export interface LastCopy {
  /** Never waits, nor fails. */
  read(prefix: string): CopyReading
  /** Takes over the store that is there, whatever it has lost. */
  accept(): void
  /** Writes what is not written and ends; the store stays open. */
  close(): Promise<void>
}

/** Reads the file, then follows the store for as long as it takes. A file that is damaged counts as absent. */
export async function startLastCopy(options: LastCopyOptions): Promise<LastCopy> {
  const follower = new Follower(options)
  await follower.restore()
  const closing = new AbortController()
  const following = follower.follow(closing.signal)
  return {
    read: (prefix) => follower.read(prefix),
    accept: () => follower.accept(),
    async close() {
      closing.abort()
      await following
      await follower.write()
    },
  }
}

class Follower {
  readonly #options: LastCopyOptions
  readonly #limits: StateLimits
  readonly #copy = new CopiedEntries()
  #mustList = true
  #isStoreReplaced = false
  #isAccepted = false
  #written: { at: Position | undefined; seenMs: number } = { at: undefined, seenMs: 0 }
  #cancelWrite: (() => void) | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(options: LastCopyOptions) {
    this.#options = options
    this.#limits = options.limits ?? stateLimits
  }

  async restore(): Promise<void> {
    const { path, clock, log } = this.#options
    const found = await readCopy(path, log)
    if (found === undefined) return
    const ageMs = Math.max(0, clock.wallMs() - found.seenAtMs)
    this.#copy.replace(found.entries, found.at, clock.nowMs() - ageMs)
    this.#written = { at: found.at, seenMs: this.#copy.seenMs }
    this.#mustList = false
  }

  read(prefix: string): CopyReading {
    const { at, seenMs } = this.#copy
    const ageMs = at && this.#options.clock.nowMs() - seenMs
    const entries = this.#copy.startingWith(prefix)
    return { entries, at, ageMs, isStoreReplaced: this.#isStoreReplaced }
  }

  accept(): void {
    this.#isAccepted = true
  }

  /** Resolves when the signal fires. */
  async follow(signal: AbortSignal): Promise<void> {
    const { remoteRetryMsMin, remoteRetryMsMax } = this.#limits
    let delayMs = remoteRetryMsMin
    while (!signal.aborted) {
      const wasReached = await this.#followOnce(signal)
      delayMs = wasReached ? remoteRetryMsMin : Math.min(delayMs * 2, remoteRetryMsMax)
      await pause(this.#options.clock, delayMs, signal)
    }
  }

  /** Follows until the watch ends; false when nothing came of it. */
  async #followOnce(signal: AbortSignal): Promise<boolean> {
    const { store, prefix, log } = this.#options
    let wasReached = false
    try {
      if (this.#mustList && !(await this.#list())) return false
      const after = this.#copy.at ?? { epoch: '', revision: 0 }
      for await (const item of store.watch({ prefix, after, signal })) {
        if (item.type === 'reset') this.#mustList = true
        else {
          wasReached = true
          this.#isStoreReplaced = false
          if (item.type === 'progress') this.#confirm(item.at)
          else this.#changed(() => this.#copy.change(item.changes, item.at))
        }
      }
    } catch (error) {
      if (!isOdError(error)) throw error
      log.debug({ code: error.code, reason: error.message }, 'state.copy-behind')
    }
    return wasReached
  }

  /** False when what is there is not what was seen, and nobody has accepted it. */
  async #list(): Promise<boolean> {
    const { store, prefix, clock, log } = this.#options
    const entries: Entry[] = []
    const askedMs = clock.nowMs()
    let page: Page | undefined
    do {
      page = await store.range({ prefix, ...(page?.next && { page: page.next }) })
      entries.push(...page.entries)
    } while (page.next !== undefined)
    const { at } = page
    if (!this.#isAccepted && isBehind(at, this.#copy.at)) {
      if (!this.#isStoreReplaced) log.error({ seen: this.#copy.at, found: at }, 'state.replaced')
      this.#isStoreReplaced = true
      return false
    }
    this.#mustList = false
    this.#isStoreReplaced = false
    this.#isAccepted = false
    this.#changed(() => this.#copy.replace(entries, at, askedMs))
    return true
  }

  #changed(change: () => void): void {
    change()
    this.#writeSoon()
    this.#options.onChange?.()
  }

  #confirm(at: Position): void {
    this.#copy.confirm(at, this.#options.clock.nowMs())
    const unwrittenMs = this.#copy.seenMs - this.#written.seenMs
    if (unwrittenMs > this.#limits.lastCopyTouchMs) this.#writeSoon()
  }

  #writeSoon(): void {
    const { clock } = this.#options
    this.#cancelWrite ??= clock.after(this.#limits.lastCopyWriteMs, () => void this.write())
  }

  /** Writes what is newer than the file; a failure is in the log, and the next change tries again. */
  write(): Promise<void> {
    this.#cancelWrite?.()
    this.#cancelWrite = undefined
    this.#writing = this.#writing.then(() => this.#writeNow())
    return this.#writing
  }

  async #writeNow(): Promise<void> {
    const { path, clock, log } = this.#options
    const { at, seenMs } = this.#copy
    if (at === undefined || (this.#written.at === at && this.#written.seenMs === seenMs)) return
    const seenAtMs = clock.wallMs() - (clock.nowMs() - seenMs)
    const copy = { at, seenAtMs, entries: this.#copy.startingWith('') }
    if (await writeCopy(path, copy, this.#limits.lastCopyBytesMax, log)) {
      this.#written = { at, seenMs }
    }
  }
}

/** True when a store at `found` cannot have given `seen`, or no longer knows it. */
function isBehind(found: Position, seen: Position | undefined): boolean {
  return seen !== undefined && (found.epoch !== seen.epoch || found.revision < seen.revision)
}
