/** Work that is under way: it is done once, however many wait for it. */

/** How one piece of work is begun. */
export interface Run {
  /** Ends when `signal` fires, which it does once nobody waits any more. */
  readonly done: Promise<void>
  /** What waits for it is shown: bytes that are through. */
  readonly completedBytes: () => number
}

interface Running<Owner> extends Run {
  readonly owner: Owner
  readonly stop: AbortController
  users: number
}

/** `Owner`: whose means the work uses. */
export class SharedRuns<Key, Owner> {
  readonly #running = new Map<Key, Running<Owner>>()

  /**
   * Resolves once the work is done that `start` begins, or that another one has begun already. `onStart` is given what tells how much
   * is through. Throws what the work throws; when `signal` fires, its reason, after the last one that waits has let the work end.
   */
  async join(
    key: Key,
    owner: Owner,
    start: (signal: AbortSignal) => Run,
    onStart: (completedBytes: () => number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const found = this.#running.get(key)
      if (found?.stop.signal.aborted === true) {
        await found.done.catch(() => undefined)
        continue
      }
      const running = found ?? this.#start(key, owner, start)
      running.users++
      onStart(running.completedBytes)
      try {
        await untilDoneOrLeft(running.done, signal)
        return
      } catch (error) {
        if (signal.aborted || found === undefined) throw error
        // it failed with another owner's means: there are our own
      } finally {
        running.users--
        if (running.users === 0) {
          running.stop.abort()
          await running.done.catch(() => undefined)
        }
      }
    }
  }

  /** Resolves once nothing uses that owner's means any more; work may outlive whoever began it. */
  async unused(owner: Owner): Promise<void> {
    const running = [...this.#running.values()].filter((one) => one.owner === owner)
    await Promise.allSettled(running.map(({ done }) => done))
  }

  #start(key: Key, owner: Owner, start: (signal: AbortSignal) => Run): Running<Owner> {
    const stop = new AbortController()
    const { done, completedBytes } = start(stop.signal)
    const ended = done.finally(() => this.#running.delete(key))
    ended.catch(() => undefined) // whoever waits has it
    const running = { owner, done: ended, stop, users: 0, completedBytes }
    this.#running.set(key, running)
    return running
  }
}

function untilDoneOrLeft(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error)
    signal.addEventListener('abort', leave, { once: true })
    done.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
