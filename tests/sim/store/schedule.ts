/** Chooses by a seed who goes on next: one step at a time, and only when everybody waits for a turn. */
import { setImmediate } from 'node:timers/promises'
import type { Random } from '../../../src/sys/random.ts'

export class Schedule {
  readonly #random: Random
  readonly #waiting: (() => Promise<void>)[] = []
  #stepCount = 0

  constructor(random: Random) {
    this.#random = random
  }

  get stepCount(): number {
    return this.#stepCount
  }

  /** Waits for a turn and takes it. */
  step<Result>(run: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => run().then(resolve, reject))
    })
  }

  /** Lets others have up to so many turns first. */
  async waitUpTo(turns: number): Promise<void> {
    for (let left = this.#random.number() * turns; left >= 1; left--) {
      await this.step(async () => undefined)
    }
  }

  /** Gives turns until `work` is done. `look` is called between the steps. Throws when nobody can go on. */
  async run(work: Promise<unknown>, look: () => void): Promise<void> {
    let isDone = false
    const end = () => {
      isDone = true
    }
    work.then(end, end)
    for (;;) {
      await setImmediate() // whoever can go on without a turn has done so by then
      if (isDone) break
      const index = Math.floor(this.#random.number() * this.#waiting.length)
      const [go] = this.#waiting.splice(index, 1)
      if (go === undefined) throw new Error('nobody can go on')
      await go()
      this.#stepCount++
      look()
    }
    await work
  }
}
