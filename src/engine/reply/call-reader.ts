import { callsIn, type FoundCall } from './calls-in.ts'
import { JsonObjects } from './json-objects.ts'
import { overlap } from './overlap.ts'

export type { FoundCall } from './calls-in.ts'

/** Llama 3 writes it before a call; as a special token it mostly has no text. */
const pythonTag = '<|python_tag|>'

/**
 * Finds calls of tools in text that arrives in pieces. With a tag, all from its first place on is calls and never text, end
 * tags included. Without one (`{` or `[`) an answer that begins with JSON may be a call, and is shown as text when it turns
 * out to be none. Source: ollama/ollama tools/tools.go.
 */
export class CallReader {
  readonly #tag: string
  readonly #tools: readonly string[]
  readonly #objects = new JsonObjects()
  #state: 'seeking' | 'calling' | 'passing' = 'seeking'
  /** While seeking, what may be the beginning of a tag; while calling without a tag, all that may yet be text. */
  #held = ''
  #found = 0

  /** `tools`: names of those that were offered. */
  constructor(tag: string, tools: readonly string[]) {
    this.#tag = tag
    this.#tools = tools
  }

  get #isBare(): boolean {
    return this.#tag === '{' || this.#tag === '['
  }

  /** Takes the next piece; returns the text that may be shown now, and the calls that are complete. */
  push(piece: string): { readonly text: string; readonly calls: readonly FoundCall[] } {
    switch (this.#state) {
      case 'passing':
        return { text: piece, calls: [] }
      case 'calling':
        return this.#call('', piece)
      case 'seeking':
        this.#held += piece
        return this.#isBare ? this.#seekJson() : this.#seekTag()
    }
  }

  /** The text that was held back, when no more will come; what was begun as a call is none. */
  finish(): string {
    const isText = this.#state === 'seeking' || (this.#isBare && this.#found === 0)
    return isText ? this.#held : ''
  }

  #seekTag(): { text: string; calls: readonly FoundCall[] } {
    const held = this.#held
    const at = held.indexOf(this.#tag)
    if (at < 0) {
      const shown = held.length - overlap(held, this.#tag)
      this.#held = held.slice(shown)
      return { text: held.slice(0, shown), calls: [] }
    }
    this.#held = ''
    this.#state = 'calling'
    return this.#call(held.slice(0, at), held.slice(at + this.#tag.length))
  }

  #seekJson(): { text: string; calls: readonly FoundCall[] } {
    const trimmed = this.#held.trimStart()
    if (pythonTag.startsWith(trimmed)) return nothing
    const begin = trimmed.startsWith(pythonTag) ? trimmed.slice(pythonTag.length) : trimmed
    if (/^\s*\[?\s*$/.test(begin)) return nothing
    if (/^\s*(?:\{|\[\s*\{)/.test(begin)) {
      this.#state = 'calling'
      this.#held = '' // `#call` holds it again
      return this.#call('', trimmed)
    }
    return this.#pass()
  }

  #call(before: string, piece: string): { text: string; calls: readonly FoundCall[] } {
    if (this.#isBare && this.#found === 0) this.#held += piece
    const objects = this.#objects.push(piece)
    const calls = objects.flatMap((object) => callsIn(object, this.#tools))
    this.#found += calls.length
    const isNoCall = this.#isBare && this.#found === 0 && objects.length > 0
    return isNoCall ? this.#pass() : { text: before, calls }
  }

  /** From here on all is text. */
  #pass(): { text: string; calls: readonly FoundCall[] } {
    const text = this.#held
    this.#held = ''
    this.#state = 'passing'
    return { text, calls: [] }
  }
}

const nothing = { text: '', calls: [] }
