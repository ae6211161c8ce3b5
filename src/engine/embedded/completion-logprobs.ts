/** Log probabilities beside text: each token's goes out with the text in which its first character is shown. */
import type { Logprob } from '../../wire/ollama/responses.ts'
import type { DrawnLogprob } from '../runner/index.ts'

/** Holds log probabilities back as long as their text is held back. Lengths are in UTF-16 units. */
export class LogprobQueue {
  readonly #waiting: { readonly start: number; readonly logprob: Logprob }[] = []
  #made = 0
  #shown = 0

  /** A token was drawn, and `text` is what it added. */
  add(drawn: DrawnLogprob | undefined, text: string): void {
    if (drawn !== undefined) {
      const top = drawn.top.map(tokenOf)
      this.#waiting.push({
        start: this.#made,
        logprob: { ...tokenOf(drawn), topLogprobs: top },
      })
    }
    this.#made += text.length
  }

  /** So much more text is shown now; returns what goes with it. */
  take(textLength: number): Logprob[] {
    this.#shown += textLength
    const end = this.#waiting.findIndex(({ start }) => start >= this.#shown)
    return this.rest(end < 0 ? this.#waiting.length : end)
  }

  /** What was never shown, such as the tokens of a last, unfinished character. */
  rest(count = this.#waiting.length): Logprob[] {
    return this.#waiting.splice(0, count).map(({ logprob }) => logprob)
  }
}

function tokenOf({ piece, logprob }: Pick<DrawnLogprob, 'piece' | 'logprob'>) {
  return { token: new TextDecoder().decode(piece), logprob, bytes: [...piece] }
}
