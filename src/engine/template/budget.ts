import { invalidTemplate } from './failure.ts'
import { limits } from './limits.ts'

/** What one rendering may still cost. Every rendering has its own; it ends with `OD_TEMPLATE_INVALID` when it is spent. */
export class Budget {
  readonly #cost: { readonly stepsMax: number; readonly charsPerStep: number }
  #spent = 0

  constructor(language: 'go' | 'jinja') {
    this.#cost = limits[language]
  }

  /** Counts nodes visited. */
  spend(steps: number): void {
    this.#spent += steps
    if (this.#spent > this.#cost.stepsMax) {
      throw invalidTemplate(`template: rendering takes more than ${this.#cost.stepsMax} steps`)
    }
  }

  /** Counts characters read or made, and refuses a text that no prompt could hold. */
  spendChars(chars: number): void {
    if (chars > limits.outputCharsMax) {
      throw invalidTemplate(`template: text longer than ${limits.outputCharsMax} characters`)
    }
    this.spend(Math.floor(chars / this.#cost.charsPerStep))
  }
}
