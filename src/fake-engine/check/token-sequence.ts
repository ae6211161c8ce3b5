/** Follows `t0 t1 t2 …` through an answer, however it is cut into lines. */
export class TokenSequence {
  #next = 0
  #pending = ''
  #hasBegun = false
  #problem: string | undefined

  /** Tokens that came in their order. */
  get count(): number {
    return this.#next
  }

  /** The first thing that was wrong. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Takes more text. A token counts once the space behind it, or the end, is there. */
  push(text: string): void {
    if (!this.#hasBegun && text !== '') {
      this.#hasBegun = true
      this.#pending = text.startsWith(' ') ? text.slice(1) : text // a prompt without turns has one there
    } else this.#pending += text
    const words = this.#pending.split(' ')
    this.#pending = words.pop() ?? ''
    for (const word of words) this.#take(word)
  }

  /** The text is over; one that is not `whole` may end within a token. */
  end(whole: boolean): void {
    const expected = `t${this.#next}`
    const isCutToken = !whole && this.#pending !== expected && expected.startsWith(this.#pending)
    if (this.#pending !== '' && !isCutToken) this.#take(this.#pending)
    this.#pending = ''
  }

  #take(word: string): void {
    if (this.#problem !== undefined) return
    const index = /^t(0|[1-9]\d*)$/.exec(word)?.[1]
    if (index === undefined) this.#problem = `${quoted(word)} where t${this.#next} belongs`
    else if (Number(index) < this.#next) this.#problem = `t${index} again, after t${this.#next - 1}`
    else if (Number(index) > this.#next) this.#problem = `t${index} where t${this.#next} belongs`
    else this.#next++
  }
}

function quoted(word: string): string {
  return JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word)
}
