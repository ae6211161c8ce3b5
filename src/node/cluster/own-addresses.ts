import type { Clock } from '../../sys/clock.ts'

/** How often the machine is asked for its addresses. */
const checkMs = 5_000

/** Under which addresses others find this node: networks come and go. */
export class OwnAddresses {
  readonly #clock: Clock
  readonly #onChange: () => void
  #list: readonly string[] = []
  #cancel = () => {}

  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  get list(): readonly string[] {
    return this.#list
  }

  /** Asks now and from time to time. */
  watch(read: () => readonly string[]): void {
    const now = read()
    if (now.join() !== this.#list.join()) {
      this.#list = now
      this.#onChange()
    }
    this.#cancel = this.#clock.after(checkMs, () => this.watch(read))
  }

  stop(): void {
    this.#cancel()
  }
}
