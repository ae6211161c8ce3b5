/** Reads the part of Ollama's Modelfile that a bundled model uses. Pure. */
import { OdError } from '../core/errors/index.ts'

/** What a Modelfile says. */
export interface Modelfile {
  /** Path of the weights, relative to the Modelfile. */
  readonly from: string
  readonly template: string | undefined
  readonly system: string | undefined
  /** Options by Ollama's names; one that stands several times, such as `stop`, is a list. */
  readonly parameters: Readonly<Record<string, unknown>>
}

/** Throws `OD_MODELFILE_INVALID` with the line that it does not understand. Source: Ollama parser/parser.go. */
export function parseModelfile(text: string): Modelfile {
  const parameters: Record<string, unknown> = {}
  const found = new Map<string, string>()
  const command = /^(\w+)\s+(?:"""([\s\S]*?)"""|(.*))$/gm
  const rest = text.replaceAll(command, (line, name: string, block?: string, inline?: string) => {
    const value = block ?? inline?.trim() ?? ''
    const key = name.toUpperCase()
    if (key === 'PARAMETER') addParameter(parameters, value)
    else if (['FROM', 'TEMPLATE', 'SYSTEM'].includes(key)) found.set(key, value)
    else throw new OdError('OD_MODELFILE_INVALID', { line: line.slice(0, 80) })
    return ''
  })
  const odd = rest.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#'))
  const from = found.get('FROM')
  if (odd !== undefined || from === undefined) {
    throw new OdError('OD_MODELFILE_INVALID', { line: odd ?? 'no FROM' })
  }
  return { from, template: found.get('TEMPLATE'), system: found.get('SYSTEM'), parameters }
}

function addParameter(parameters: Record<string, unknown>, text: string): void {
  const space = text.indexOf(' ')
  const key = text.slice(0, space)
  const raw = text.slice(space + 1).trim()
  const number = Number(raw)
  const value = raw !== '' && Number.isFinite(number) ? number : raw
  if (key === 'stop') parameters[key] = [...((parameters[key] as unknown[]) ?? []), raw]
  else parameters[key] = value
}
