import type { CallFormat, OfferedTool } from './call-format.ts'
import type { FoundCall } from './calls-in.ts'
import { overlap } from './overlap.ts'

/**
 * Finds calls between two tags in text that arrives in pieces. What stands before, between and behind them is text, blanks
 * beside a call left out; a call that is cut short is neither. Source: ollama/ollama model/parsers/qwen3coder.go.
 */
export class TaggedCallReader {
  readonly #format: CallFormat
  readonly #tools: readonly OfferedTool[]
  #isWithin = false
  #isBehindCall = false
  #held = ''
  /** Within a call: from where on its end has not been looked for. */
  #searched = 0

  constructor(format: CallFormat, tools: readonly OfferedTool[]) {
    this.#format = format
    this.#tools = tools
  }

  /** Takes the next piece; returns the text that may be shown now, and the calls that are complete. */
  push(piece: string): { readonly text: string; readonly calls: readonly FoundCall[] } {
    this.#held += piece
    let text = ''
    const calls: FoundCall[] = []
    for (;;) {
      const step = this.#isWithin ? this.#takeCall(calls) : this.#takeText()
      text += step.text
      if (!step.goesOn) return { text, calls }
    }
  }

  /** The text that was held back, when no more will come. */
  finish(): string {
    const held = this.#isWithin ? '' : this.#held
    this.#held = ''
    return held
  }

  #takeText(): { text: string; goesOn: boolean } {
    const { open } = this.#format
    if (this.#isBehindCall) this.#held = this.#held.trimStart()
    if (this.#held === '') return { text: '', goesOn: false }
    this.#isBehindCall = false
    const at = this.#held.indexOf(open)
    if (at >= 0) {
      const text = this.#held.slice(0, at).trimEnd()
      this.#held = this.#held.slice(at + open.length)
      this.#isWithin = true
      this.#searched = 0
      return { text, goesOn: true }
    }
    const sure = this.#held.slice(0, this.#held.length - overlap(this.#held, open)).trimEnd()
    this.#held = this.#held.slice(sure.length)
    return { text: sure, goesOn: false }
  }

  #takeCall(calls: FoundCall[]): { text: string; goesOn: boolean } {
    const { close, read } = this.#format
    const end = this.#held.indexOf(close, this.#searched)
    if (end < 0) {
      this.#searched = Math.max(0, this.#held.length - close.length + 1)
      return { text: '', goesOn: false }
    }
    calls.push(...read(this.#held.slice(0, end), this.#tools))
    this.#held = this.#held.slice(end + close.length)
    this.#isWithin = false
    this.#isBehindCall = true
    return { text: '', goesOn: true }
  }
}
