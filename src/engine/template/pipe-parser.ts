/** Reads what stands between the delimiters. Source of grammar and words: Go text/template/parse, parse.go. */
import type { Command, Operand, Pipe } from './ast.ts'
import { functions } from './functions.ts'
import { limits } from './limits.ts'
import { parseCharacter, parseNumber, unquote } from './literal.ts'
import { quote } from './text.ts'
import type { Token, TokenType } from './token.ts'
import type { TokenReader } from './token-reader.ts'

/** Where the parser stands: its tokens and the variables in scope, `$` first. */
export interface Scope {
  readonly reader: TokenReader
  readonly variables: string[]
}

const operandStarts: ReadonlySet<TokenType> = new Set([
  'bool',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'rawString',
  'string',
  'variable',
  'leftParenthesis',
])

/** Reads `$a, $b := command | command` up to and with `end`. `context` names it in errors. */
export function parsePipe(scope: Scope, context: string, end: TokenType): Pipe {
  const { reader } = scope
  const { at } = reader.peekNonSpace()
  const { variables, assigns } = parseDeclaration(scope, context)
  const commands: Command[] = []
  for (;;) {
    const token = reader.nextNonSpace()
    if (token.type === end) break
    if (!operandStarts.has(token.type)) reader.unexpected(token, context)
    reader.putBack(token)
    commands.push(parseCommand(scope))
  }
  if (commands.length === 0) reader.fail(`missing value for ${context}`)
  commands.forEach(({ operands: [first] }, i) => {
    if (i > 0 && (first?.type === 'constant' || first?.type === 'dot' || first?.type === 'nil')) {
      reader.fail(`non executable command in pipeline stage ${i + 1}`)
    }
  })
  return { type: 'pipe', at, variables, assigns, commands }
}

/** Variables before `:=` or `=`; a name alone is an operand and is put back. */
function parseDeclaration(
  { reader, variables: known }: Scope,
  context: string,
): Pick<Pipe, 'variables' | 'assigns'> {
  const variables: string[] = []
  for (;;) {
    const variable = reader.peekNonSpace()
    if (variable.type !== 'variable') return { variables, assigns: false }
    reader.next()
    const behind = reader.peek()
    const next = reader.peekNonSpace()
    const isComma = next.type === 'punctuation' && next.text === ','
    if (!isComma && next.type !== 'assign' && next.type !== 'declare') {
      if (behind.type === 'space') reader.putBack(variable, behind)
      else reader.putBack(variable)
      return { variables, assigns: false }
    }
    reader.nextNonSpace()
    variables.push(variable.text)
    known.push(variable.text)
    if (known.length > limits.variablesMax) {
      reader.fail(`more than ${limits.variablesMax} variables`)
    }
    if (!isComma) return { variables, assigns: next.type === 'assign' }
    if (context !== 'range' || variables.length > 1) {
      reader.fail(`too many declarations in ${context}`)
    }
    const second = reader.peekNonSpace().type
    if (second !== 'variable' && second !== 'rightDelimiter' && second !== 'rightParenthesis') {
      reader.fail('range can only initialize variables')
    }
  }
}

/** Operands with spaces between, up to a bar, which it takes, or the end of the pipe, which it leaves. */
function parseCommand(scope: Scope): Command {
  const { reader } = scope
  const { at } = reader.peekNonSpace()
  const operands: Operand[] = []
  for (;;) {
    reader.peekNonSpace()
    const operand = parseOperand(scope)
    if (operand !== undefined) operands.push(operand)
    const token = reader.next()
    if (token.type === 'space') continue
    if (token.type === 'rightDelimiter' || token.type === 'rightParenthesis') reader.putBack(token)
    else if (token.type !== 'bar') reader.unexpected(token, 'operand')
    break
  }
  if (operands.length === 0) reader.fail('empty command')
  return { type: 'command', at, operands }
}

/** A term and the fields behind it; undefined when there is none. */
function parseOperand(scope: Scope): Operand | undefined {
  const { reader } = scope
  const term = parseTerm(scope)
  if (term === undefined || reader.peek().type !== 'field') return term
  const names: string[] = []
  const { at } = reader.peek()
  while (reader.peek().type === 'field') names.push(reader.next().text.slice(1))
  switch (term.type) {
    case 'field':
    case 'variable':
      return { ...term, at, names: [...term.names, ...names] }
    case 'constant':
      return reader.fail(`unexpected . after term ${quote(term.source)}`)
    case 'dot':
      return reader.fail('unexpected . after term "."')
    case 'nil':
      return reader.fail('unexpected . after term "nil"')
    default:
      return { type: 'chain', at, base: term, names }
  }
}

function parseTerm(scope: Scope): Operand | undefined {
  const { reader } = scope
  const token = reader.nextNonSpace()
  const { at, text } = token
  switch (token.type) {
    case 'identifier':
      if (!functions.has(text)) reader.fail(`function ${quote(text)} not defined`)
      return { type: 'function', at, name: text }
    case 'dot':
    case 'nil':
      return { type: token.type, at }
    case 'field':
      return { type: 'field', at, names: [text.slice(1)] }
    case 'variable':
      if (!scope.variables.includes(text)) reader.fail(`undefined variable ${quote(text)}`)
      return { type: 'variable', at, name: text, names: [] }
    case 'leftParenthesis':
      return reader.nested(() => parsePipe(scope, 'parenthesized pipeline', 'rightParenthesis'))
    case 'bool':
    case 'character':
    case 'number':
    case 'string':
    case 'rawString':
      return { type: 'constant', at, value: parseConstant(token, reader), source: text }
    default:
      reader.putBack(token)
      return undefined
  }
}

function parseConstant(token: Token, reader: TokenReader): string | boolean | bigint | number {
  if (token.type === 'bool') return token.text === 'true'
  if (token.type === 'string' || token.type === 'rawString') {
    return unquote(token.text) ?? reader.fail('invalid syntax')
  }
  const value = token.type === 'character' ? parseCharacter(token.text) : parseNumber(token.text)
  return typeof value === 'object' ? reader.fail(value.problem) : value
}
