import { overlap } from './overlap.ts'

/**
 * Parts thoughts from text that arrives in pieces: what stands between the tags at the very beginning is thought. Blanks
 * around the tags are dropped; a tag may be cut anywhere. Source: ollama/ollama thinking/parser.go.
 */
export class ThoughtSplitter {
  readonly #open: string
  readonly #close: string
  #state: 'unopened' | 'opened' | 'thinking' | 'closed' | 'saying' = 'unopened'
  #held = ''
  #hasThought = false

  /** `isOpen`: the prompt itself ended with the tag. */
  constructor(tags: { readonly open: string; readonly close: string }, isOpen: boolean) {
    this.#open = tags.open
    this.#close = tags.close
    if (isOpen) this.#state = 'opened'
  }

  /** True until a thought has ended, or there turned out to be none. */
  get isPending(): boolean {
    return this.#state !== 'closed' && this.#state !== 'saying'
  }

  /** True when there was a thought, ended or not. */
  get hasThought(): boolean {
    return this.#hasThought
  }

  /** Ends a thought that the model left open; what comes next is text. */
  close(): void {
    this.#held = ''
    this.#state = 'saying'
  }

  /** Takes the next piece; returns what may be shown now. */
  push(piece: string): { readonly thinking: string; readonly text: string } {
    this.#held += piece
    if (this.#state === 'unopened') this.#lookForOpening()
    if (this.#state === 'opened' && this.#dropBlanks()) this.#state = 'thinking'
    const thinking = this.#state === 'thinking' ? this.#think() : ''
    if (this.#state === 'closed' && this.#dropBlanks()) this.#state = 'saying'
    return { thinking, text: this.#state === 'saying' ? this.flush() : '' }
  }

  /** True within a thought: what is held back then is a part of it. */
  get isThinking(): boolean {
    return this.#state === 'thinking'
  }

  /** What was held back, when no more will come: thought or text, after the state. */
  flush(): string {
    const held = this.#held
    this.#held = ''
    return held
  }

  #lookForOpening(): void {
    const trimmed = this.#held.trimStart()
    if (trimmed.startsWith(this.#open)) {
      this.#held = trimmed.slice(this.#open.length)
      this.#state = 'opened'
    } else if (!this.#open.startsWith(trimmed)) this.#state = 'saying' // blanks before it belong to the text
  }

  /** False when nothing is left. */
  #dropBlanks(): boolean {
    this.#held = this.#held.trimStart()
    return this.#held !== ''
  }

  #think(): string {
    this.#hasThought = true
    const held = this.#held
    const end = held.indexOf(this.#close)
    if (end >= 0) {
      this.#held = held.slice(end + this.#close.length)
      this.#state = 'closed'
      return held.slice(0, end)
    }
    const shown = held.length - overlap(held, this.#close)
    this.#held = held.slice(shown)
    return held.slice(0, shown)
  }
}
