/** The rate is that of the newest seconds: what a network did a minute ago says nothing of when it will be over. */
const windowMs = 10_000

/** A rate over less time than this says more of the start than of the transfer. */
const shortestMs = 500

interface Sample {
  readonly atMs: number
  readonly bytes: number
}

/** How fast a count of bytes grows. */
export class TransferRate {
  readonly #samples: Sample[] = []

  add(bytes: number, nowMs: number): void {
    this.#samples.push({ atMs: nowMs, bytes })
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - windowMs) this.#samples.shift()
  }

  /** Undefined while too little is known, and where nothing comes. */
  bytesPerSecond(): number | undefined {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined) return undefined
    const ms = last.atMs - first.atMs
    const bytes = last.bytes - first.bytes
    return ms < shortestMs || bytes <= 0 ? undefined : (bytes / ms) * 1_000
  }
}
