/** Reads Ollama's Modelfile. Pure. Source of the grammar: Ollama parser/parser.go, ParseFile. */
import { OdError } from '../../core/errors/index.ts'

/** What a Modelfile says. */
export interface Modelfile {
  /** Names of models or paths of weights, at least one. */
  readonly from: readonly string[]
  readonly adapters: readonly string[]
  readonly template: string | undefined
  readonly system: string | undefined
  readonly licenses: readonly string[]
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly renderer: string | undefined
  readonly parser: string | undefined
  readonly requires: string | undefined
  /** By Ollama's names, as texts; a name that stands several times has several. */
  readonly parameters: ReadonlyMap<string, readonly string[]>
}

/** A Modelfile with the longest template and licence that are known takes some 100 kB. */
export const modelfileBytesMax = 4 * 1024 * 1024

const names = [
  'FROM',
  'ADAPTER',
  'TEMPLATE',
  'SYSTEM',
  'LICENSE',
  'MESSAGE',
  'PARAMETER',
  'RENDERER',
  'PARSER',
  'REQUIRES',
] as const
type Name = (typeof names)[number]

const roles: readonly string[] = ['system', 'user', 'assistant']

/** Throws `OD_MODELFILE_INVALID` with the line that it does not understand, also where there is no FROM. */
export function readModelfile(text: string): Modelfile {
  const values = new Map<Name, string[]>()
  for (const { name, value } of commandsOf(text)) {
    values.set(name, [...(values.get(name) ?? []), value])
  }
  const all = (name: Name) => values.get(name) ?? []
  if (all('FROM').length === 0) throw new OdError('OD_MODELFILE_INVALID', { line: 'no FROM' })
  return {
    from: all('FROM'),
    adapters: all('ADAPTER'),
    template: all('TEMPLATE').at(-1),
    system: all('SYSTEM').at(-1),
    licenses: all('LICENSE'),
    messages: all('MESSAGE').map(messageOf),
    renderer: all('RENDERER').at(-1),
    parser: all('PARSER').at(-1),
    requires: all('REQUIRES').at(-1),
    parameters: parametersOf(all('PARAMETER')),
  }
}

function* commandsOf(text: string): Generator<{ name: Name; value: string }> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  for (let i = 0; i < lines.length; i++) {
    const line = (lines[i] ?? '').trimStart()
    if (line === '' || line.startsWith('#')) continue
    const [, word = '', rest] = /^([A-Za-z]+)[ \t](.*)$/s.exec(line) ?? []
    const name = names.find((known) => known === word.toUpperCase())
    if (name === undefined || rest === undefined) throw unclear(line)
    let value = rest
    // A quote that is open at the end of the line goes on; where a role or a parameter's name stands before it, too.
    while (!isClosed(quotedPart(name, value))) {
      i++
      if (i >= lines.length) throw unclear(line)
      value += `\n${lines[i]}`
    }
    const trimmed = value.trim()
    yield { name, value: isPair(name) ? trimmed : (unquoted(trimmed) ?? trimmed) }
  }
}

/** Of a message or a parameter, what stands behind its first word. */
function quotedPart(name: Name, value: string): string {
  return isPair(name) ? value.trimStart().replace(/^\S*/, '') : value
}

function isPair(name: Name): boolean {
  return name === 'MESSAGE' || name === 'PARAMETER'
}

function isClosed(value: string): boolean {
  return unquoted(value.trim()) !== undefined
}

/** Undefined while a quote is open. */
function unquoted(value: string): string | undefined {
  for (const quote of ['"""', '"']) {
    if (!value.startsWith(quote)) continue
    const isWhole = value.length >= 2 * quote.length && value.endsWith(quote)
    return isWhole ? value.slice(quote.length, -quote.length) : undefined
  }
  return value
}

function messageOf(value: string): { role: string; content: string } {
  const { word, rest } = pairOf(value)
  if (!roles.includes(word)) throw unclear(`MESSAGE ${value}`)
  return { role: word, content: rest }
}

function parametersOf(values: readonly string[]): Map<string, string[]> {
  const parameters = new Map<string, string[]>()
  for (const value of values) {
    const { word, rest } = pairOf(value)
    if (!/^\w+$/.test(word)) throw unclear(`PARAMETER ${value}`)
    parameters.set(word, [...(parameters.get(word) ?? []), rest])
  }
  return parameters
}

function pairOf(value: string): { word: string; rest: string } {
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(value) ?? []
  return { word, rest: unquoted(rest) ?? rest }
}

function unclear(line: string): OdError {
  return new OdError('OD_MODELFILE_INVALID', { line: line.slice(0, 80) })
}
