import type { GoTemplate, NodeList, Operand, Pipe } from './ast.ts'
import { invalidTemplate } from './failure.ts'

/**
 * The fields that a template names anywhere, in lower case: `tools` means that the model takes tools, `suffix` that it
 * inserts, `messages` that it renders whole chats. Source: ollama/ollama template/template.go, Vars.
 */
export function templateVariables(template: GoTemplate): ReadonlySet<string> {
  return template.variables
}

/** What `templateVariables` gives. Throws for a `template` call without a value, which Ollama refuses. */
export function collectVariables(lists: Iterable<NodeList>): Set<string> {
  const names = new Set<string>()
  for (const list of lists) addList(list, names)
  return names
}

function addList(list: NodeList, names: Set<string>): void {
  for (const node of list) {
    if (node.type === 'action') addPipe(node.pipe, names)
    else if (node.type === 'template') {
      if (node.pipe === undefined) throw invalidTemplate('undefined template specified')
      addPipe(node.pipe, names)
    } else if (node.type === 'if' || node.type === 'with' || node.type === 'range') {
      for (const clause of node.clauses) {
        addPipe(clause.pipe, names)
        addList(clause.list, names)
      }
      addList(node.otherwise ?? [], names)
    }
  }
}

function addPipe(pipe: Pipe, names: Set<string>): void {
  for (const { operands } of pipe.commands) {
    for (const operand of operands) addOperand(operand, names)
  }
}

/** Not the names in a chain, `(pipe).Name`: Ollama does not look there either. */
function addOperand(operand: Operand, names: Set<string>): void {
  if (operand.type === 'pipe') addPipe(operand, names)
  else if (operand.type === 'field' || operand.type === 'variable') {
    for (const name of operand.names) names.add(name.toLowerCase())
  }
}
