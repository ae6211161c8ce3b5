import type { Branch, GoTemplate, NodeList, Operand, Pipe } from './ast.ts'

/** What stands around the thoughts of a model. */
export interface ThoughtTags {
  readonly open: string
  readonly close: string
}

/**
 * Infers the tags of thoughts: in a range over `.Messages`, the first and the last text of the innermost list that names
 * `.Thinking`. Undefined when a template has no such place, and so takes no thoughts.
 * Source: ollama/ollama thinking/template.go, InferTags.
 */
export function thoughtTags({ root }: GoTemplate): ThoughtTags | undefined {
  const found = { open: '', close: '' }
  visitList(root, false, found)
  return found.open === '' || found.close === '' ? undefined : found
}

interface Found {
  open: string
  close: string
}

function visitList(list: NodeList, isInMessages: boolean, found: Found): void {
  for (const node of list) {
    if (node.type === 'if' || node.type === 'with' || node.type === 'range') {
      visitBranch(node, list, isInMessages, found)
    } else if (node.type === 'action' || node.type === 'template') {
      if (isInMessages && node.pipe !== undefined && namesFirst(node.pipe, 'Thinking')) {
        take(list, found)
      }
    }
  }
}

function visitBranch(branch: Branch, list: NodeList, isOuter: boolean, found: Found): void {
  const first = branch.clauses[0]?.pipe
  const isRange = branch.type === 'range' && first !== undefined
  const isInMessages = isRange ? namesFirst(first, 'Messages') : isOuter
  // What stands in the condition belongs to the list around; behind an `else` there is none of its own
  if (first !== undefined && isInMessages && namesFirst(first, 'Thinking')) take(list, found)
  for (const clause of branch.clauses) visitList(clause.list, isInMessages, found)
  visitList(branch.otherwise ?? [], isInMessages, found)
}

function take(list: NodeList, found: Found): void {
  const [first, last] = [list[0], list.at(-1)]
  if (first?.type === 'text') found.open = first.text.trim()
  if (last?.type === 'text') found.close = last.text.trim()
}

/** Whether a field of the pipe, parentheses included, begins with that name. */
function namesFirst(pipe: Pipe, name: string): boolean {
  const isNamed = (operand: Operand): boolean => {
    if (operand.type === 'pipe') return namesFirst(operand, name)
    return operand.type === 'field' && operand.names[0] === name
  }
  return pipe.commands.some(({ operands }) => operands.some(isNamed))
}
