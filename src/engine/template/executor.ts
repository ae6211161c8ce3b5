/** Walks a template and writes. Source of rules and words: Go text/template, exec.go, the walk functions. */
import type { Branch, Call, Clause, GoTemplate, Node, NodeList } from './ast.ts'
import { evaluatePipe } from './evaluator.ts'
import { Execution } from './execution.ts'
import type { CallContext } from './functions.ts'
import { printValue } from './print.ts'
import { quote } from './text.ts'
import { isList, isTrue, itemAt, type Value } from './value.ts'

/** How a list ended before its end; undefined when it did not. */
type Jump = 'break' | 'continue' | undefined

/**
 * Renders the template's main part on the data. Absent keys count as zero (Go's `missingkey=zero`). Throws
 * `OD_TEMPLATE_INVALID`, also when a limit is reached.
 */
export function execute(template: GoTemplate, data: Value, context: CallContext): string {
  const run = new Execution(template, context)
  run.declare('$', data)
  walkList(run, data, template.root)
  return run.output
}

function walkList(run: Execution, dot: Value, list: NodeList): Jump {
  return run.nested(() => {
    for (const node of list) {
      const jump = walk(run, dot, node)
      if (jump !== undefined) return jump
    }
    return undefined
  })
}

function walk(run: Execution, dot: Value, node: Node): Jump {
  run.budget.spend(1)
  switch (node.type) {
    case 'text':
      run.write(node.text)
      return undefined
    case 'action': {
      const value = evaluatePipe(run, dot, node.pipe)
      if (node.pipe.variables.length === 0) run.write(printValue(value))
      return undefined
    }
    case 'break':
    case 'continue':
      return node.type
    case 'template':
      walkCall(run, dot, node)
      return undefined
    case 'range':
      return walkRange(run, dot, node)
    default:
      return walkCondition(run, dot, node)
  }
}

function walkCondition(run: Execution, dot: Value, { type, clauses, otherwise }: Branch): Jump {
  const mark = run.mark()
  let jump: Jump
  let isDone = false
  for (const { pipe, list } of clauses) {
    const value = evaluatePipe(run, dot, pipe)
    if (!isTrue(value)) continue
    jump = walkList(run, type === 'with' ? value : dot, list)
    isDone = true
    break
  }
  if (!isDone && otherwise !== undefined) jump = walkList(run, dot, otherwise)
  run.release(mark)
  return jump
}

function walkRange(run: Execution, dot: Value, { clauses, otherwise }: Branch): Jump {
  const [clause] = clauses
  if (clause === undefined) return undefined
  const mark = run.mark()
  const value = evaluatePipe(run, dot, clause.pipe)
  let count = 0
  for (const [index, item] of iterate(run, value, clause)) {
    count++
    run.budget.spend(1)
    const inner = run.mark()
    assignRange(run, clause, index, item)
    const jump = walkList(run, item, clause.list)
    run.release(inner)
    if (jump === 'break') break
  }
  const jump = count === 0 && otherwise !== undefined ? walkList(run, dot, otherwise) : undefined
  run.release(mark)
  // A `break` behind this range's own `else` ends this range, a `continue` there goes on with the one around it
  return jump === 'break' ? undefined : jump
}

/** Index and item of everything to range over: lists, maps in the order of their keys, and ints from 0. */
function* iterate(
  run: Execution,
  value: Value,
  { pipe }: Clause,
): Generator<readonly [index: Value, item: Value]> {
  if (value === undefined) return
  if (typeof value === 'bigint') {
    if (pipe.variables.length > 1) {
      run.fail(`can't use ${value} to iterate over more than one variable`)
    }
    for (let i = 0n; i < value; i++) yield [undefined, i]
  } else if (isList(value)) {
    for (let i = 0; i < value.length; i++) yield [BigInt(i), itemAt(value, i)]
  } else if (typeof value === 'object' && value.kind === 'map') {
    yield* value.entries
  } else {
    run.fail(`range can't iterate over ${printValue(value)}`)
  }
}

/** With one variable it is the item, with two the index comes first. */
function assignRange(run: Execution, { pipe }: Clause, index: Value, item: Value): void {
  const [first, second] = pipe.variables
  if (first === undefined) return
  if (pipe.assigns) {
    if (second === undefined) run.assign(first, item)
    else {
      run.assign(first, index)
      run.assign(second, item)
    }
    return
  }
  run.assignLast(1, item)
  if (second !== undefined) run.assignLast(2, index)
}

function walkCall(run: Execution, dot: Value, node: Call): void {
  run.place = node
  const list = run.template.templates.get(node.name)
  if (list === undefined) return run.fail(`template ${quote(node.name)} not defined`)
  const value = node.pipe === undefined ? undefined : evaluatePipe(run, dot, node.pipe)
  run.called(node.name, value, () => void walkList(run, value, list))
}
