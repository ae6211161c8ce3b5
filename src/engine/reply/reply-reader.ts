import type { FoundCall } from './call-reader.ts'
import type { ThoughtSplitter } from './thought-splitter.ts'

/** A part of a reply. */
export interface ReplyPart {
  readonly thinking: string
  readonly text: string
  readonly calls: readonly FoundCall[]
  /** Nothing is shown of the piece, since it is a thought's tag, a part of one, or blanks beside it. */
  readonly isTag?: true
}

/** Takes a reply apart as it comes, whatever its form. */
export interface ReplyTaker {
  /** Takes the next piece; returns what may be shown now. */
  push(piece: string): ReplyPart
  /** What was held back, when no more will come. */
  finish(): ReplyPart
}

/** Finds calls in text. */
interface CallTaker {
  push(piece: string): { readonly text: string; readonly calls: readonly FoundCall[] }
  finish(): string
}

/** Takes a reply apart: thoughts first, then calls out of what is left. Either step may be missing. */
export class ReplyReader implements ReplyTaker {
  readonly #thoughts: ThoughtSplitter | undefined
  readonly #calls: CallTaker | undefined

  constructor(thoughts: ThoughtSplitter | undefined, calls: CallTaker | undefined) {
    this.#thoughts = thoughts
    this.#calls = calls
  }

  /** Takes the next piece; returns what may be shown now. */
  push(piece: string): ReplyPart {
    const { thinking, text } = this.#thoughts?.push(piece) ?? { thinking: '', text: piece }
    if (this.#thoughts !== undefined && thinking === '' && text === '') {
      return { thinking, text, calls: [], isTag: true }
    }
    return { thinking, ...(this.#calls?.push(text) ?? { text, calls: [] }) }
  }

  /** What was held back, when no more will come. */
  finish(): ReplyPart {
    const isThought = this.#thoughts?.isThinking === true
    const held = this.#thoughts?.flush() ?? ''
    const thinking = isThought ? held : ''
    const { text, calls } = this.#calls?.push(isThought ? '' : held) ?? {
      text: isThought ? '' : held,
      calls: [],
    }
    return { thinking, text: text + (this.#calls?.finish() ?? ''), calls }
  }
}
