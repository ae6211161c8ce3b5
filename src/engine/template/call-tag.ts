import type { Branch, GoTemplate, NodeList, Pipe } from './ast.ts'

/** The tag of a template that shows none: any JSON may be a call. */
export const bareCallTag = '{'

/**
 * What a model writes before a call of a tool: the first text in the branch on `.ToolCalls`, up to a brace.
 * Source: ollama/ollama tools/template.go, parseTag.
 */
export function callTag({ root }: GoTemplate): string {
  const list = findCallList(root)
  const text = (list === undefined ? undefined : firstText(list)) ?? ''
  const [tag = ''] = text.replaceAll('\r\n', '\n').split('{', 1)
  return tag.trim() || bareCallTag
}

function findCallList(list: NodeList): NodeList | undefined {
  for (const node of list) {
    if (node.type !== 'if' && node.type !== 'with' && node.type !== 'range') continue
    for (const clause of node.clauses) {
      if (node.type === 'if' && namesCalls(clause.pipe)) return clause.list
      const inner = findCallList(clause.list)
      if (inner !== undefined) return inner
    }
    const inner = findCallList(node.otherwise ?? [])
    if (inner !== undefined) return inner
  }
  return undefined
}

function namesCalls(pipe: Pipe): boolean {
  return pipe.commands.some(({ operands }) =>
    operands.some((operand) => operand.type === 'field' && operand.names.includes('ToolCalls')),
  )
}

/** The first text before anything is printed; blanks do not count. */
function firstText(list: NodeList): string | undefined {
  for (const node of list) {
    if (node.type === 'text' && node.text.trim() !== '') return node.text
    if (node.type === 'action') return undefined
    if (node.type === 'if' || node.type === 'with' || node.type === 'range') {
      return firstTextOfBranch(node)
    }
  }
  return undefined
}

function firstTextOfBranch({ clauses, otherwise = [] }: Branch): string | undefined {
  for (const list of [...clauses.map((clause) => clause.list), otherwise]) {
    const text = firstText(list)
    if (text !== undefined) return text
  }
  return undefined
}
