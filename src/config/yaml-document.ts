import {
  type Document,
  isAlias,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { limits } from './limits.ts'
import { type Problem, quoted } from './problem.ts'

/** One `key: value` of a map. */
export interface Entry {
  /** The key as it is written: `1.0` and `True` are words here, not values. */
  readonly name: string
  /** A YAML node with its alias followed; undefined when there is nothing. */
  readonly node: unknown
  readonly line: number
}

/**
 * The text of a configuration file as YAML 1.2, looked at through bounds: so many values, so many aliases, no key twice.
 * What breaks them is gathered in `problems`.
 */
export class YamlDocument {
  readonly problems: Problem[] = []
  readonly #file: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  #aliasesLeft: number = limits.aliasesMax

  /** `file` is its name in messages. Throws RangeError where the nesting exhausts the stack. */
  constructor(text: string, file: string) {
    this.#file = file
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // The library compares every key with every other: minutes for a large file. `entriesOf` does it in one pass.
      uniqueKeys: false,
      version: '1.2',
    })
    for (const { code, message, pos } of [...this.#document.errors, ...this.#document.warnings]) {
      if (code === 'RESOURCE_EXHAUSTION') throw new RangeError(message)
      this.report(this.#lineAt(pos[0]), `is not YAML: ${quoted(message, message.length)}`)
    }
    if (this.problems.length === 0 && this.#countValues() > limits.fileValuesMax) {
      this.report(1, `more than ${limits.fileValuesMax} values; no configuration needs so many`)
    }
  }

  /** The topmost node. */
  get top(): unknown {
    return this.#follow(this.#document.contents)
  }

  report(line: number, text: string): void {
    this.problems.push({ source: { type: 'file', file: this.#file, line }, text })
  }

  /** Entries of the map that stands at `path`; a key that cannot be used is reported and left out. */
  entriesOf(map: YAMLMap, path: string): Entry[] {
    const firstLines = new Map<string, number>()
    return map.items.flatMap(({ key, value }) => {
      const line = this.#lineAt((isScalar(key) ? key : map).range?.[0])
      const name = keyText(key)
      // A JavaScript object would not hold that name as a key of its own.
      if (name === undefined || name === '__proto__') {
        this.report(line, `${path === '' ? 'a key' : `a key in ${path}`} is not a plain word`)
        return []
      }
      const firstLine = firstLines.get(name)
      if (firstLine !== undefined) {
        const twice = quoted(path === '' ? name : `${path}.${name}`)
        this.report(line, `${twice} was already given in line ${firstLine}; keep one of them`)
        return []
      }
      firstLines.set(name, line)
      return [{ name, node: this.#follow(value), line }]
    })
  }

  #follow(node: unknown): unknown {
    if (!isAlias(node)) return node ?? undefined
    const line = this.#lineAt(node.range?.[0])
    this.#aliasesLeft -= 1
    if (this.#aliasesLeft === -1) this.report(line, `more than ${limits.aliasesMax} aliases`)
    if (this.#aliasesLeft < 0) return undefined
    const target = node.resolve(this.#document)
    if (target === undefined) this.report(line, `nothing is marked &${quoted(node.source)}`)
    return target
  }

  #countValues(): number {
    let count = 0
    visit(this.#document, () => (++count > limits.fileValuesMax ? visit.BREAK : undefined))
    return count
  }

  #lineAt(offset = 0): number {
    return Math.max(1, this.#lines.linePos(offset).line)
  }
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  return typeof key.value === 'string' ? key.value : key.source
}
