/** The value of a pipe. Source of rules and words: Go text/template, exec.go, the eval functions. */
import type { Command, Operand, Pipe, Place } from './ast.ts'
import { CallFailure } from './call-failure.ts'
import { describe } from './description.ts'
import type { Execution } from './execution.ts'
import { functions, type TemplateFunction } from './functions.ts'
import { isTrue, type Structure, typeName, type Value } from './value.ts'

type Chain = Operand & { readonly type: 'chain' }

/** What a pipe hands on to its next command; absent for the first. */
interface Final {
  readonly value: Value
}

/** Evaluates a pipe and declares or sets its variables, which stay until the caller releases them. */
export function evaluatePipe(run: Execution, dot: Value, pipe: Pipe): Value {
  run.place = pipe
  let final: Final | undefined
  for (const command of pipe.commands) {
    final = { value: evaluateCommand(run, dot, command, final) }
  }
  const value = final?.value
  for (const name of pipe.variables) {
    if (pipe.assigns) run.assign(name, value)
    else run.declare(name, value)
  }
  return value
}

function evaluateCommand(
  run: Execution,
  dot: Value,
  command: Command,
  final: Final | undefined,
): Value {
  run.budget.spend(1)
  const [first, ...rest] = command.operands
  if (first === undefined) return undefined
  if (first.type === 'function') return call(run, dot, { first, rest, place: command, final })
  const hasArguments = rest.length > 0 || final !== undefined
  if (first.type !== 'nil' && !hasArguments) return evaluateOperand(run, dot, first)
  if (first.type === 'chain') return evaluateChain(run, dot, first, true)
  if (first.type !== 'pipe') run.place = first
  if (!hasArguments) return run.fail('nil is not a command')
  if (first.type === 'field') return follow(run, dot, first.names, true)
  if (first.type === 'variable' && first.names.length > 0) {
    return follow(run, run.lookUp(first.name), first.names, true)
  }
  return run.fail(`can't give argument to non-function ${describe(first)}`)
}

function evaluateOperand(run: Execution, dot: Value, operand: Operand): Value {
  run.budget.spend(1)
  if (operand.type === 'pipe') return run.nested(() => evaluatePipe(run, dot, operand))
  run.place = operand
  switch (operand.type) {
    case 'dot':
      return dot
    case 'nil':
      return undefined
    case 'constant':
      return operand.value
    case 'field':
      return follow(run, dot, operand.names)
    case 'variable':
      return follow(run, run.lookUp(operand.name), operand.names)
    case 'function':
      return call(run, dot, { first: operand, rest: [], place: operand, final: undefined })
    default:
      return evaluateChain(run, dot, operand, false)
  }
}

function evaluateChain(run: Execution, dot: Value, chain: Chain, hasArguments: boolean): Value {
  run.place = chain
  const base = run.nested(() => evaluateOperand(run, dot, chain.base))
  return follow(run, base, chain.names, hasArguments)
}

/**
 * Fields of fields. Absent keys of a map have no value, and no value has no fields; but where it stands at the
 * beginning Go lets it pass. Nothing that a field can be takes arguments.
 */
function follow(
  run: Execution,
  start: Value,
  names: readonly string[],
  hasArguments = false,
): Value {
  run.budget.spend(names.length)
  let value = start
  let type = typeName(start)
  for (const [i, name] of names.entries()) {
    const holder: Value = value
    if (holder === undefined) {
      if (i === 0) return undefined
      return run.fail(`nil pointer evaluating ${type}.${name}`)
    }
    const isLast = i === names.length - 1
    if (typeof holder === 'object' && holder.kind === 'map') {
      if (isLast && hasArguments) run.fail(`${name} is not a method but has arguments`)
      value = holder.entries.has(name) ? holder.entries.get(name) : holder.zero
      type = holder.zero === undefined ? 'interface {}' : typeName(value)
    } else if (typeof holder === 'object' && holder.kind === 'struct') {
      if (isLast && hasArguments && holder.fields.has(name)) {
        run.fail(`${name} has arguments but cannot be invoked as function`)
      }
      value = fieldOf(run, holder, name)
      type = value === undefined ? 'interface {}' : typeName(value)
    } else {
      return run.fail(`can't evaluate field ${name} in type ${type}`)
    }
  }
  return value
}

function fieldOf(run: Execution, holder: Structure, name: string): Value {
  const method = holder.type.methods?.get(name)
  if (method !== undefined) return method(holder)
  if (holder.fields.has(name)) return holder.fields.get(name)
  return run.fail(`can't evaluate field ${name} in type ${typeName(holder)}`)
}

interface Invocation {
  readonly first: Operand & { readonly type: 'function' }
  readonly rest: readonly Operand[]
  readonly place: Place
  readonly final: Final | undefined
}

function call(run: Execution, dot: Value, invocation: Invocation): Value {
  const { first, rest, place, final } = invocation
  run.place = first
  const called = functions.get(first.name)
  if (called === undefined) return run.fail(`${first.name} is not a defined function`)
  checkCount(run, called, invocation)
  if (first.name === 'and' || first.name === 'or') {
    return evaluateLogic(run, dot, first.name === 'or', invocation)
  }
  const values = rest.map((operand, i) => evaluateArgument(run, dot, operand, typeAt(called, i)))
  if (final !== undefined) values.push(checkType(run, final.value, typeAt(called, rest.length)))
  for (const value of values) if (typeof value === 'string') run.budget.spendChars(value.length)
  try {
    const given = first.name === 'call' ? [calleeName(rest, values), ...values] : values
    const result = called.run(given, run)
    if (typeof result === 'string') run.budget.spendChars(result.length)
    return result
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    run.place = place
    return run.fail(`error calling ${first.name}: ${error.message}`)
  }
}

/** How Go names what `call` calls: by its source, or its value when that comes out of the pipe. */
function calleeName(rest: readonly Operand[], values: readonly Value[]): string {
  const [written] = rest
  if (written !== undefined) return describe(written)
  const [value] = values
  return typeof value === 'string' ? value : `<${typeName(value)} Value>`
}

function checkCount(
  run: Execution,
  called: TemplateFunction,
  { first, rest, final }: Invocation,
): void {
  const given = rest.length + (final === undefined ? 0 : 1)
  const wanted = called.parameters.length
  if (called.rest === undefined && given !== wanted) {
    run.fail(`wrong number of args for ${first.name}: want ${wanted} got ${given}`)
  }
  if (given < wanted) {
    run.fail(`wrong number of args for ${first.name}: want at least ${wanted} got ${rest.length}`)
  }
}

/** `and` and `or` give the first operand that decides and do not look at those behind it. */
function evaluateLogic(
  run: Execution,
  dot: Value,
  decidingTruth: boolean,
  { rest, final }: Invocation,
): Value {
  let value: Value
  for (const operand of rest) {
    value = evaluateArgument(run, dot, operand, 'any')
    if (isTrue(value) === decidingTruth) return value
  }
  return final === undefined ? value : final.value
}

function evaluateArgument(
  run: Execution,
  dot: Value,
  operand: Operand,
  type: 'any' | 'string',
): Value {
  if (operand.type === 'nil' && type === 'string') {
    run.place = operand
    return run.fail('cannot assign nil to string')
  }
  const value = evaluateOperand(run, dot, operand)
  if (operand.type === 'constant' && type === 'string' && typeof value !== 'string') {
    return run.fail(`expected string; found ${operand.source}`)
  }
  return checkType(run, value, type)
}

function checkType(run: Execution, value: Value, type: 'any' | 'string'): Value {
  if (type === 'any' || typeof value === 'string') return value
  if (value === undefined) return run.fail('invalid value; expected string')
  return run.fail(`wrong type for value; expected string; got ${typeName(value)}`)
}

function typeAt({ parameters, rest }: TemplateFunction, index: number): 'any' | 'string' {
  return parameters[index] ?? rest ?? 'any'
}
