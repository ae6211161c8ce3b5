/**
 * Finds stop strings in text that arrives in pieces. Text that may turn out to be the beginning of a stop string is held
 * back until it is known; a stop string itself is never passed on.
 *
 * Source: Ollama runner/common/stop.go, which does the same between its tokens.
 */
export class StopStrings {
  readonly #stops: readonly string[]
  #held = ''

  /** Empty strings are ignored: they would stop before the first letter. */
  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '')
  }

  /** Takes the next piece; returns what may be shown now, and whether a stop string was met. */
  push(piece: string): { readonly text: string; readonly isStopped: boolean } {
    const text = this.#held + piece
    const stopAt = startOfFirst(text, this.#stops)
    if (stopAt !== undefined) {
      this.#held = ''
      return { text: text.slice(0, stopAt), isStopped: true }
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)))
    this.#held = text.slice(text.length - keep)
    return { text: text.slice(0, text.length - keep), isStopped: false }
  }

  /** What was held back, when no more will come. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    return held
  }
}

/**
 * Where the stop string begins that is whole first, as if each letter were a piece; of those that end together the longest.
 * (Between two that one token brings, Ollama goes by the order of the list.)
 */
function startOfFirst(text: string, stops: readonly string[]): number | undefined {
  const found = stops.map((stop) => [text.indexOf(stop), stop.length] as const)
  const [first] = found
    .filter(([start]) => start >= 0)
    .sort((a, b) => a[0] + a[1] - (b[0] + b[1]) || a[0] - b[0])
  return first?.[0]
}

/** Length of the longest end of `text` with which `stop` begins. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length
  }
  return 0
}
