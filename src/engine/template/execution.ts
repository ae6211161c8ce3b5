import type { GoTemplate, Place } from './ast.ts'
import type { Budget } from './budget.ts'
import { describe, locate } from './description.ts'
import { invalidTemplate } from './failure.ts'
import type { CallContext } from './functions.ts'
import { limits } from './limits.ts'
import { quote } from './text.ts'
import type { Value } from './value.ts'

interface Variable {
  readonly name: string
  value: Value
}

/** What one rendering knows while it runs: where it is, its variables, what it has written and may still cost. */
export class Execution {
  readonly template: GoTemplate
  readonly budget: Budget
  /** YYYY-MM-DD, when the caller gave it. */
  readonly today: string | undefined
  /** The node being evaluated, for errors. */
  place: Place | undefined
  /** Name of the template being executed. */
  name = ''
  #variables: Variable[] = []
  #depth = 0
  readonly #written: string[] = []
  #chars = 0

  constructor(template: GoTemplate, { today, budget }: CallContext) {
    this.template = template
    this.today = today
    this.budget = budget
  }

  get output(): string {
    return this.#written.join('')
  }

  write(text: string): void {
    this.#chars += text.length
    if (this.#chars > limits.outputCharsMax) {
      throw invalidTemplate(`template: output longer than ${limits.outputCharsMax} characters`)
    }
    this.#written.push(text)
  }

  /** Variables declared by now, to give to `release`. */
  mark(): number {
    return this.#variables.length
  }

  /** Forgets the variables declared since the mark. */
  release(mark: number): void {
    this.#variables.length = mark
  }

  declare(name: string, value: Value): void {
    this.#variables.push({ name, value })
  }

  assign(name: string, value: Value): void {
    this.#find(name).value = value
  }

  /** Sets the variable declared `n`th to last; a range sets its own this way. */
  assignLast(n: number, value: Value): void {
    const variable = this.#variables.at(-n)
    if (variable !== undefined) variable.value = value
  }

  lookUp(name: string): Value {
    return this.#find(name).value
  }

  #find(name: string): Variable {
    return (
      this.#variables.findLast((variable) => variable.name === name) ??
      this.fail(`undefined variable: ${name}`)
    )
  }

  /** Runs one level deeper, up to the limit. */
  nested<Result>(run: () => Result): Result {
    if (this.#depth >= limits.callDepthMax) {
      this.fail(`exceeded maximum template depth (${limits.callDepthMax})`)
    }
    this.#depth++
    const result = run()
    this.#depth--
    return result
  }

  /** Runs a named template: it sees `$` and no variables of its caller. */
  called(name: string, dot: Value, run: () => void): void {
    const outer = { name: this.name, variables: this.#variables }
    this.name = name
    this.#variables = [{ name: '$', value: dot }]
    this.nested(run)
    this.name = outer.name
    this.#variables = outer.variables
  }

  /** Ends the rendering. Source of the words: Go text/template, exec.go, errorf. */
  fail(problem: string): never {
    if (this.place === undefined) throw invalidTemplate(`template: : ${problem}`)
    const where = `:${locate(this.template.source, this.place.at)}`
    const what = `executing ${quote(this.name)} at <${describe(this.place)}>`
    throw invalidTemplate(`template: ${where}: ${what}: ${problem}`)
  }
}
