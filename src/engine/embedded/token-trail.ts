/** Which tokens brought which lines of an answer, so that it can be resumed behind any of them. */

/** Stands among the tokens where the model had thought, and the form began to bind what it says. */
export const formBegins = -1

/** From where an answer goes on. */
export interface ResumePoint {
  /** Tokens of the answer that are known already, `formBegins` among them. */
  readonly tokens: readonly number[]
  /** For a request that leaves the seed open. */
  readonly seed: number
}

/**
 * Lines of an answer in groups: `{"tokens":[…],"lines":[…]}`. The tokens are all since the group before; whoever has the group has
 * seen all that they say. What the known tokens say is left out. The first line is `{"seed":…}`.
 */
export class TokenTrail {
  readonly point: ResumePoint
  readonly #write: (text: string) => void
  #known: number
  #seed: number | undefined
  #tokens: number[] = []
  #lines: string[] = []

  constructor(point: ResumePoint, write: (text: string) => void) {
    this.point = point
    this.#known = point.tokens.length
    this.#write = write
  }

  /** The seed that is in use; told before the first group, so that what cannot be resumed is refused with a status. */
  begin(seed: number): void {
    this.#seed = seed
  }

  /** A line of the answer, as JSON. */
  line(text: string): void {
    this.#lines.push(text)
  }

  /** A token was made; its lines have been told. */
  heard(token: number): void {
    if (this.#known > 0) {
      this.#known--
      this.#lines = []
      return
    }
    this.#tokens.push(token)
    if (this.#lines.length > 0) this.#flush()
  }

  /** The last line, which may show what had been held back. */
  end(text: string): void {
    this.#lines.push(text)
    this.#flush()
  }

  #flush(): void {
    if (this.#seed !== undefined) this.#write(JSON.stringify({ seed: this.#seed }))
    this.#seed = undefined
    this.#write(`{"tokens":[${this.#tokens.join(',')}],"lines":[${this.#lines.join(',')}]}`)
    this.#tokens = []
    this.#lines = []
  }
}
