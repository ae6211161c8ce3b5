/** A whole object in a text, and what stood between the one before and it. */
export interface ObjectText {
  readonly before: string
  readonly text: string
}

/** Finds the outermost `{…}` of a text that arrives in pieces; each letter is looked at once. Braces in strings do not count. */
export class JsonObjects {
  #held = ''
  #at = 0
  /** Where the object begins; negative while there is none. */
  #start = -1
  #depth = 0
  #isInString = false
  #isEscaped = false

  /** The objects that this piece completes. */
  push(piece: string): readonly ObjectText[] {
    this.#held += piece
    const found: ObjectText[] = []
    for (; this.#at < this.#held.length; this.#at++) {
      if (this.#isEndOfObject(this.#held.charAt(this.#at))) found.push(this.#take())
    }
    return found
  }

  /** True within an object. */
  get isOpen(): boolean {
    return this.#depth > 0
  }

  /** What stands behind the last whole object. */
  get rest(): string {
    return this.#held
  }

  #isEndOfObject(letter: string): boolean {
    if (this.#isEscaped) this.#isEscaped = false
    else if (this.#isInString) {
      this.#isEscaped = letter === '\\'
      this.#isInString = letter !== '"'
    } else if (letter === '{') {
      if (this.#depth === 0) this.#start = this.#at
      this.#depth++
    } else if (this.#depth > 0) {
      this.#isInString = letter === '"'
      if (letter === '}') this.#depth--
      return this.#depth === 0
    }
    return false
  }

  #take(): ObjectText {
    const end = this.#at + 1
    const object = {
      before: this.#held.slice(0, this.#start),
      text: this.#held.slice(this.#start, end),
    }
    this.#held = this.#held.slice(end)
    this.#at = -1 // the loop goes on with the first letter behind the object
    return object
  }
}
