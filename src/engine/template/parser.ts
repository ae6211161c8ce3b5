/** From source to `GoTemplate`. Source of grammar and words: Go text/template/parse, parse.go. */
import type { Branch, Call, Clause, GoTemplate, Node, NodeList } from './ast.ts'
import { invalidTemplate } from './failure.ts'
import { limits } from './limits.ts'
import { unquote } from './literal.ts'
import { parsePipe, type Scope } from './pipe-parser.ts'
import { quote, utf8Length } from './text.ts'
import type { Token } from './token.ts'
import { TokenReader } from './token-reader.ts'
import { collectVariables } from './variables.ts'

interface Parsing extends Scope {
  readonly templates: Map<string, NodeList>
  rangeDepth: number
}

/** `else` or `end`: what stopped a list. */
type Stop = { readonly type: 'else' | 'end' }

/**
 * Parses a template as Ollama does: a template that names neither `.Messages` nor `.Response` gets `{{ .Response }}` at
 * its end. Throws `OD_TEMPLATE_INVALID` with Go's words, `template: :LINE: …`.
 * Source: ollama/ollama template/template.go, Parse.
 */
export function parseGoTemplate(text: string): GoTemplate {
  const source = text.toWellFormed()
  if (utf8Length(source) > limits.sourceBytesMax) {
    throw invalidTemplate(`template: :1: source exceeds ${limits.sourceBytesMax} bytes`)
  }
  const parsing = startParsing(new TokenReader(source), new Map())
  const root = parseRoot(parsing)
  define(parsing, '', root)
  const variables = collectVariables(parsing.templates.values())
  const answers = variables.has('messages') || variables.has('response')
  return answers
    ? { source, root, templates: parsing.templates, variables }
    : withResponse({ source, root, templates: parsing.templates, variables })
}

function withResponse(template: GoTemplate): GoTemplate {
  const at = template.source.length
  const commands = [
    {
      type: 'command' as const,
      at,
      operands: [{ type: 'field' as const, at, names: ['Response'] }],
    },
  ]
  const pipe = { type: 'pipe' as const, at, variables: [], assigns: false, commands }
  const root: NodeList = [...template.root, { type: 'action', pipe }]
  return {
    ...template,
    root,
    templates: new Map(template.templates).set('', root),
    variables: new Set(template.variables).add('response'),
  }
}

function startParsing(reader: TokenReader, templates: Map<string, NodeList>): Parsing {
  return { reader, variables: ['$'], templates, rangeDepth: 0 }
}

function parseRoot(parsing: Parsing): NodeList {
  const { reader } = parsing
  const nodes: Node[] = []
  while (reader.peek().type !== 'eof') {
    const first = reader.next()
    const second = first.type === 'leftDelimiter' ? reader.nextNonSpace() : undefined
    if (second?.type === 'keyword' && second.text === 'define') {
      parseDefinition(startParsing(reader, parsing.templates))
      continue
    }
    if (second === undefined) reader.putBack(first)
    else reader.putBack(first, second)
    const node = parseTextOrAction(parsing)
    if (isStop(node)) return reader.fail(`unexpected {{${node.type}}}`)
    nodes.push(node)
  }
  return nodes
}

function isStop(node: Node | Stop): node is Stop {
  return node.type === 'else' || node.type === 'end'
}

function parseDefinition(parsing: Parsing): void {
  const context = 'define clause'
  const name = parseTemplateName(parsing, parsing.reader.nextNonSpace(), context)
  parsing.reader.expect('rightDelimiter', context)
  parseBody(parsing, name, context)
}

function parseBody(parsing: Parsing, name: string, context: string): void {
  const { list, stop } = parseList(parsing)
  if (stop.type !== 'end') parsing.reader.fail(`unexpected {{${stop.type}}} in ${context}`)
  define(parsing, name, list)
}

/** A second definition is allowed only beside an empty one. */
function define({ reader, templates }: Parsing, name: string, list: NodeList): void {
  const earlier = templates.get(name)
  if (earlier === undefined || isEmpty(earlier)) templates.set(name, list)
  else if (!isEmpty(list)) {
    reader.fail(`template: multiple definition of template ${quote(name)}`)
  }
}

function isEmpty(list: NodeList): boolean {
  return list.every((node) => node.type === 'text' && node.text.trim() === '')
}

function parseList(parsing: Parsing): { list: NodeList; stop: Stop } {
  const { reader } = parsing
  return reader.nested(() => {
    const list: Node[] = []
    while (reader.peekNonSpace().type !== 'eof') {
      const node = parseTextOrAction(parsing)
      if (isStop(node)) return { list, stop: node }
      list.push(node)
    }
    return reader.fail('unexpected EOF')
  })
}

function parseTextOrAction(parsing: Parsing): Node | Stop {
  const { reader } = parsing
  const token = reader.nextNonSpace()
  if (token.type === 'text') return { type: 'text', text: token.text }
  if (token.type !== 'leftDelimiter') reader.unexpected(token, 'input')
  reader.actionLine = token.line
  const node = parseAction(parsing)
  reader.actionLine = 0
  return node
}

function parseAction(parsing: Parsing): Node | Stop {
  const { reader } = parsing
  const token = reader.nextNonSpace()
  if (token.type === 'keyword') {
    switch (token.text) {
      case 'block':
        return parseBlock(parsing)
      case 'break':
      case 'continue':
        return parseJump(parsing, token.text)
      case 'else':
        return parseElse(parsing)
      case 'end':
        reader.expect('rightDelimiter', 'end')
        return { type: 'end' }
      case 'if':
      case 'range':
      case 'with':
        return parseBranch(parsing, token.text)
      case 'template':
        return parseCall(parsing)
    }
  }
  reader.putBack(token)
  return { type: 'action', pipe: parsePipe(parsing, 'command', 'rightDelimiter') }
}

function parseJump({ reader, rangeDepth }: Parsing, type: 'break' | 'continue'): Node {
  const token = reader.nextNonSpace()
  if (token.type !== 'rightDelimiter') reader.unexpected(token, `{{${type}}}`)
  if (rangeDepth === 0) reader.fail(`{{${type}}} outside {{range}}`)
  return { type }
}

/** Leaves the `if` or `with` of `else if` and `else with` for the branch to find. */
function parseElse({ reader }: Parsing): Stop {
  const { type, text } = reader.peekNonSpace()
  if (type !== 'keyword' || (text !== 'if' && text !== 'with')) {
    reader.expect('rightDelimiter', 'else')
  }
  return { type: 'else' }
}

function parseBranch(parsing: Parsing, type: Branch['type']): Branch {
  const { reader, variables } = parsing
  const known = variables.length
  const clauses: Clause[] = []
  let otherwise: NodeList | undefined
  for (let isDone = false; !isDone; ) {
    const pipe = parsePipe(parsing, type, 'rightDelimiter')
    if (type === 'range') parsing.rangeDepth++
    const { list, stop } = parseList(parsing)
    if (type === 'range') parsing.rangeDepth--
    clauses.push({ pipe, list })
    const next = stop.type === 'else' ? reader.peek() : undefined
    if (type !== 'range' && next?.type === 'keyword' && next.text === type) {
      reader.next()
      continue
    }
    isDone = true
    if (stop.type === 'end') break
    const last = parseList(parsing)
    if (last.stop.type !== 'end') reader.fail('expected end; found {{else}}')
    otherwise = last.list
  }
  variables.length = known
  return otherwise === undefined ? { type, clauses } : { type, clauses, otherwise }
}

function parseBlock(parsing: Parsing): Call {
  const context = 'block clause'
  const token = parsing.reader.nextNonSpace()
  const name = parseTemplateName(parsing, token, context)
  const pipe = parsePipe(parsing, context, 'rightDelimiter')
  parseBody(startParsing(parsing.reader, parsing.templates), name, context)
  return { type: 'template', at: token.at, name, pipe }
}

function parseCall(parsing: Parsing): Call {
  const { reader } = parsing
  const context = 'template clause'
  const token = reader.nextNonSpace()
  const name = parseTemplateName(parsing, token, context)
  const next = reader.nextNonSpace()
  if (next.type === 'rightDelimiter') return { type: 'template', at: token.at, name }
  reader.putBack(next)
  const pipe = parsePipe(parsing, context, 'rightDelimiter')
  return { type: 'template', at: token.at, name, pipe }
}

function parseTemplateName({ reader }: Parsing, token: Token, context: string): string {
  if (token.type !== 'string' && token.type !== 'rawString') reader.unexpected(token, context)
  return unquote(token.text) ?? reader.fail('invalid syntax')
}
