import { Interpreter } from '@huggingface/jinja'
import type { Budget } from './budget.ts'
import { invalidTemplate } from './failure.ts'
import { limits } from './limits.ts'

/** What we use of the package's interpreter; its own declarations do not resolve under `nodenext`. */
interface Machine {
  run(program: unknown): { readonly value: unknown }
  evaluate(statement: Statement | undefined, scope: unknown): { readonly value: unknown }
}

/** What we read of its nodes. */
interface Statement {
  readonly type: string
  /** Of `For`. */
  readonly iterable?: Statement
  /** Of `SelectExpression`, the list that an `if` behind it filters. */
  readonly lhs?: Statement
  /** Of `FilterExpression`. */
  readonly operand?: Statement
  readonly filter?: { readonly value?: unknown }
  /** Of `BinaryExpression`. */
  readonly operator?: { readonly value?: unknown }
  readonly left?: Statement
  readonly right?: Statement
}

/** Where a template's variables live. */
export interface Variables {
  set(name: string, value: unknown): void
}

/** Steps per item of a list, by what is done with it; measured against the cost of a node. */
const stepsPerItem = {
  looped: 4,
  made: 1,
  walked: 0.5,
  /** The package compares a list with a text by turning all of it into text. */
  compared: 32,
} as const

/** Filters that do not walk the list; templates use them inside loops over the same list. */
const quickFilters: ReadonlySet<unknown> = new Set(['length', 'first', 'last'])

/**
 * The package's interpreter with a budget: every node costs, and so do long texts and the lists that loops, filters and
 * functions walk without visiting a node. Without it `{% for a in b %}{% endfor %}` nested thrice runs for minutes.
 */
export function startMachine(environment: Variables, budget: Budget): Machine {
  const machine: Machine = new Interpreter(environment)
  const evaluate = machine.evaluate.bind(machine)
  const walked = new WeakMap<Statement, number>()
  machine.evaluate = (statement, scope) => {
    budget.spend(1)
    if (statement === undefined) return evaluate(statement, scope)
    noteOperands(statement, walked)
    const result = evaluate(statement, scope)
    spend(result.value, budget, costMade(statement) + (walked.get(statement) ?? 0))
    return result
  }
  return machine
}

/** Notes what the node will do with the lists that its operands give. */
function noteOperands(statement: Statement, walked: WeakMap<Statement, number>): void {
  const { type, iterable, operand, filter, operator, left, right } = statement
  if (type === 'For' && iterable !== undefined) {
    walked.set(iterable.lhs ?? iterable, stepsPerItem.looped)
  } else if (type === 'FilterExpression' && operand !== undefined) {
    walked.set(operand, quickFilters.has(filter?.value) ? 0 : stepsPerItem.walked)
  } else if (type === 'BinaryExpression') {
    const isComparison = operator?.value === '==' || operator?.value === '!='
    const cost = isComparison ? stepsPerItem.compared : stepsPerItem.walked
    for (const side of [left, right]) if (side !== undefined) walked.set(side, cost)
  }
}

/** What a list costs where it comes from: calls make it, slices copy it, names only find it. */
function costMade({ type }: Statement): number {
  if (type === 'CallExpression') return stepsPerItem.made
  return type === 'MemberExpression' ? stepsPerItem.walked : 0
}

function spend(value: unknown, budget: Budget, perItem: number): void {
  if (typeof value === 'string') return budget.spendChars(value.length)
  const length = Array.isArray(value) ? value.length : value instanceof Map ? value.size : 0
  if (length > limits.listLengthMax) {
    throw invalidTemplate(`template: list longer than ${limits.listLengthMax}`)
  }
  budget.spendChars(length)
  budget.spend(Math.ceil(length * perItem))
}
