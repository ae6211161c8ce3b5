/**
 * The functions a template may call: Go's own and Ollama's.
 * Source: Go text/template, funcs.go; ollama/ollama template/template.go, funcs.
 */
import type { Budget } from './budget.ts'
import { CallFailure } from './call-failure.ts'
import { isEqual, order } from './comparison.ts'
import { escapeHtml, escapeQuery, escapeScript } from './escape.ts'
import { encodeJson } from './json.ts'
import { printValue, sprint, sprintln } from './print.ts'
import { sprintf } from './printf.ts'
import { lengthOf, selectItem, sliceItem } from './selection.ts'
import { toTypeScriptType } from './tool-value.ts'
import { isTrue, typeName, type Value } from './value.ts'

/** What a call may use besides its arguments. */
export interface CallContext {
  /** YYYY-MM-DD, when the caller gave it. */
  readonly today: string | undefined
  readonly budget: Budget
}

/** A function by its arguments, which the evaluator checks, and what it does. */
export interface TemplateFunction {
  /** Types of the arguments that must be there. */
  readonly parameters: readonly ('any' | 'string')[]
  /** Type of the arguments that may follow. */
  readonly rest?: 'any' | 'string'
  /** Throws `CallFailure`. */
  readonly run: (values: readonly Value[], context: CallContext) => Value
}

const two = ['any', 'any'] as const

/** By name. `and` and `or` are here for their arguments only: the evaluator stops them early. */
export const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['and', { parameters: ['any'], rest: 'any', run: (values) => values.at(-1) }],
  ['or', { parameters: ['any'], rest: 'any', run: (values) => values.at(-1) }],
  ['not', { parameters: ['any'], run: ([value]) => !isTrue(value) }],
  ['eq', { parameters: ['any'], rest: 'any', run: ([a, ...others]) => isEqual(a, others) }],
  ['ne', { parameters: two, run: ([a, b]) => !isEqual(a, [b]) }],
  ['lt', { parameters: two, run: ([a, b]) => order(a, b) < 0 }],
  ['le', { parameters: two, run: ([a, b]) => order(a, b) < 0 || isEqual(a, [b]) }],
  ['gt', { parameters: two, run: ([a, b]) => order(a, b) >= 0 && !isEqual(a, [b]) }],
  ['ge', { parameters: two, run: ([a, b]) => order(a, b) >= 0 }],
  ['len', { parameters: ['any'], run: ([value]) => BigInt(lengthOf(value)) }],
  ['index', { parameters: ['any'], rest: 'any', run: ([a, ...rest]) => selectItem(a, rest) }],
  ['slice', { parameters: ['any'], rest: 'any', run: ([a, ...rest]) => sliceItem(a, rest) }],
  ['print', { parameters: [], rest: 'any', run: (values, { budget }) => sprint(values, budget) }],
  [
    'println',
    { parameters: [], rest: 'any', run: (values, { budget }) => sprintln(values, budget) },
  ],
  [
    'printf',
    {
      parameters: ['string'],
      rest: 'any',
      run: ([format, ...values], { budget }) => sprintf(printValue(format), values, budget),
    },
  ],
  ['html', escaping(escapeHtml)],
  ['js', escaping(escapeScript)],
  ['urlquery', escaping(escapeQuery)],
  ['call', { parameters: ['any'], rest: 'any', run: refuseCall }],
  ['json', { parameters: ['any'], run: ([value]) => encodeJson(value) }],
  ['toTypeScriptType', { parameters: ['any'], run: ([value]) => toTypeScriptType(value) }],
  ['currentDate', { parameters: [], rest: 'string', run: (_, { today }) => known(today) }],
  [
    'yesterdayDate',
    { parameters: [], rest: 'string', run: (_, { today }) => dayBefore(known(today)) },
  ],
])

/** Text as it is, anything else as `print` shows it, pointers followed. Source: Go text/template, evalArgs. */
function escaping(escape: (text: string) => string): TemplateFunction {
  return {
    parameters: [],
    rest: 'any',
    run(values, { budget }) {
      const [first] = values
      if (values.length === 1 && typeof first === 'string') return escape(first)
      return escape(sprint(values.map(followed), budget))
    },
  }
}

function followed(value: Value): Value {
  if (value === undefined) return printValue(value)
  return typeof value === 'object' && value.kind === 'struct'
    ? { ...value, isPointer: false }
    : value
}

/** Nothing in Ollama's data is a function. The evaluator puts the operand's own text first. */
function refuseCall([name, value]: readonly Value[]): never {
  if (value === undefined) throw new CallFailure('call of nil')
  throw new CallFailure(`non-function ${printValue(name)} of type ${typeName(value)}`)
}

function known(today: string | undefined): string {
  if (today === undefined) throw new CallFailure('the date is not known')
  return today
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The date before a date, both YYYY-MM-DD. */
function dayBefore(date: string): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  if (day > 1) return toDate(year, month, day - 1)
  if (month === 1) return toDate(year - 1, 12, 31)
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const last = monthDays[month - 2] ?? 31
  return toDate(year, month - 1, month === 3 && isLeap ? last + 1 : last)
}

function toDate(year: number, month: number, day: number): string {
  return [String(year).padStart(4, '0'), month, day]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')
}
