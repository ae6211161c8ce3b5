import { OdError } from '../../core/errors/index.ts'
import { jsonRules } from './json-rules.ts'
import { grammarLimits } from './limits.ts'

/** The schema is not one, or beyond a bound; the reason is for the log, Ollama gives none. */
export function schemaError(reason: string): OdError {
  return new OdError('OD_FORMAT_SCHEMA', {}, { detail: reason })
}

/** The rules of one grammar as they are made, within the bounds of `grammarLimits`. */
export class RuleBook {
  readonly #lines: string[] = []
  #sizeBytes = 0
  #nodes = 0
  #repetitions = 0
  #names = 0

  constructor() {
    for (const [name, body] of Object.entries(jsonRules)) this.define(name, body)
  }

  /** A name nobody has. */
  newName(): string {
    this.#names++
    return `r${this.#names}`
  }

  /** Writes a rule, and returns its name. */
  define(name: string, body: string): string {
    const line = `${name} ::= ${body}\n`
    this.#sizeBytes += line.length // GBNF of ours is ASCII
    if (this.#sizeBytes > grammarLimits.textBytesMax) {
      throw schemaError(`the grammar would exceed ${grammarLimits.textBytesMax} bytes`)
    }
    this.#lines.push(line)
    return name
  }

  /** Writes a rule under a new name. */
  add(body: string): string {
    return this.define(this.newName(), body)
  }

  /** Counts a part of the schema at its depth. */
  enter(depth: number): void {
    this.#nodes++
    if (depth > grammarLimits.depthMax) {
      throw schemaError(`schemas are nested deeper than ${grammarLimits.depthMax}`)
    }
    if (this.#nodes > grammarLimits.nodesMax) {
      throw schemaError(`the schema has more than ${grammarLimits.nodesMax} parts`)
    }
  }

  /** `item` at least `min` and at most `max` times; `max` may be infinite. */
  repeat(item: string, min: number, max: number): string {
    const written = Number.isFinite(max) ? max : min
    this.#repetitions += written
    const isTooMany =
      written > grammarLimits.repetitionMax || this.#repetitions > grammarLimits.repetitionsTotalMax
    if (isTooMany) throw schemaError(`${written} repetitions are too many`)
    if (max === 0) return '""'
    return `${item}{${min},${Number.isFinite(max) ? max : ''}}`
  }

  text(): string {
    return this.#lines.join('')
  }
}
