/** Who says the tokens of an answer. */
import { Babbler, isLineStart, wordsSaid } from './babble.ts'
import type { AnswerFault, TokenStyle, WordFault } from './options.ts'

export interface Speaker {
  /** The next token, with the space before it. */
  next(): string
}

/** The one that the style asks for, spoilt where the fault says so. Temperature 0 takes no notice of the seed. */
export function speakerFor(
  style: TokenStyle,
  prompt: string,
  { temperature, seed }: { temperature: number; seed: number },
  fault: AnswerFault | undefined,
): Speaker {
  const speaker = style === 'indexed' ? new Counter(prompt) : new Babbler(prompt, temperature, seed)
  return isWordFault(fault) ? new Spoiler(speaker, fault) : speaker
}

/** Says what is written, from one of its tokens on. */
export class Reader implements Speaker {
  readonly #tokens: readonly string[]
  #at: number

  constructor(tokens: readonly string[], from: number) {
    this.#tokens = tokens
    this.#at = from
  }

  next(): string {
    return this.#tokens[this.#at++] ?? ''
  }
}

/** `t0 t1 t2 …`; an answer that goes on from a text so far goes on with its number. */
class Counter implements Speaker {
  #index: number
  #isAtStart: boolean

  constructor(prompt: string) {
    this.#index = wordsSaid(prompt)
    this.#isAtStart = isLineStart(prompt)
  }

  next(): string {
    const space = this.#isAtStart ? '' : ' '
    this.#isAtStart = false
    return `${space}t${this.#index++}`
  }
}

type SpoiltAt = Extract<AnswerFault, { readonly type: WordFault }>

const wordFaults: ReadonlySet<string> = new Set<WordFault>([
  'wrongToken',
  'repeatToken',
  'skipToken',
  'swapTokens',
])

function isWordFault(fault: AnswerFault | undefined): fault is SpoiltAt {
  return fault !== undefined && wordFaults.has(fault.type)
}

/** Says what another one says, but for one place. */
class Spoiler implements Speaker {
  readonly #speaker: Speaker
  readonly #fault: SpoiltAt
  readonly #later: string[] = []
  #said = 0

  constructor(speaker: Speaker, fault: SpoiltAt) {
    this.#speaker = speaker
    this.#fault = fault
  }

  next(): string {
    const word = this.#later.shift() ?? this.#speaker.next()
    return this.#said++ === this.#fault.afterTokens ? this.#spoilt(word) : word
  }

  #spoilt(word: string): string {
    switch (this.#fault.type) {
      case 'wrongToken':
        return word.replace(/\S/, (letter) => String.fromCharCode(letter.charCodeAt(0) ^ 1))
      case 'repeatToken':
        this.#later.push(word)
        return word
      case 'skipToken':
        return this.#speaker.next()
      case 'swapTokens':
        this.#later.push(word)
        return this.#speaker.next()
    }
  }
}
