import type { Branch, Command, Node, NodeList, Operand, Pipe } from './ast.ts'

/** Set once the walk has met `.Response`. */
interface Cut {
  isMade: boolean
}

/**
 * The template without what stands behind its first `.Response`: there the model continues. Conditions before the cut
 * stay as they are; a function whose pipe goes on behind `.Response` falls away with it.
 * Source: ollama/ollama template/template.go, deleteNode as Execute uses it.
 */
export function cutAfterResponse(root: NodeList): NodeList {
  return cutList(root, { isMade: false })
}

function cutList(list: NodeList, cut: Cut): NodeList {
  const kept: Node[] = []
  for (const node of list) {
    if (cut.isMade) break
    const rest = cutNode(node, cut)
    if (rest !== undefined) kept.push(rest)
  }
  return kept
}

function cutNode(node: Node, cut: Cut): Node | undefined {
  if (node.type === 'action') {
    const pipe = cutPipe(node.pipe, cut)
    return pipe && { type: 'action', pipe }
  }
  return 'clauses' in node ? cutBranch(node, cut) : node
}

/** Branches behind the cut keep their conditions, so that an earlier one is still chosen, and lose their content. */
function cutBranch({ type, clauses, otherwise }: Branch, cut: Cut): Branch {
  const rest = clauses.map(({ pipe, list }) => ({ pipe, list: cutList(list, cut) }))
  return otherwise === undefined
    ? { type, clauses: rest }
    : { type, clauses: rest, otherwise: cutList(otherwise, cut) }
}

/** Undefined when a command loses all its operands. */
function cutPipe(pipe: Pipe, cut: Cut): Pipe | undefined {
  const commands: Command[] = []
  for (const command of pipe.commands) {
    const operands = command.operands
      .map((operand) => cutOperand(operand, cut))
      .filter((operand) => operand !== undefined)
    if (operands.length === 0) return undefined
    commands.push({ ...command, operands })
  }
  return { ...pipe, commands }
}

function cutOperand(operand: Operand, cut: Cut): Operand | undefined {
  if (operand.type === 'field' && operand.names.includes('Response')) {
    cut.isMade = true
    return operand
  }
  if (cut.isMade) return undefined
  return operand.type === 'pipe' ? cutPipe(operand, cut) : operand
}
