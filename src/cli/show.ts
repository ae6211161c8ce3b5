import type { Call, CommandHandler } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './failure.ts'
import { type ApiObject, openGateway } from './gateway-client.ts'
import { printJson } from './json-output.ts'
import { numberField, objectField, textField, textList } from './ndjson.ts'
import { withoutControls } from './terminal.ts'
import { renderColumns } from './text-table.ts'

/** Parts that can be asked for alone; each is a field of the answer. */
const parts = ['license', 'modelfile', 'parameters', 'system', 'template'] as const

/** Lines of a long text that the overview shows. */
const headLines = 2

/** `show`: what is known of a model. Source of the form: Ollama cmd/cmd.go, `ShowHandler`. */
export const show: CommandHandler = async (call) => {
  const part = wantedPart(call)
  const gateway = await openGateway(call)
  const answer = await gateway.post('/api/show', { model: call.operands[0] ?? '' })
  if (printJson(call, answer)) return exitCodes.ok
  if (part === undefined) call.terminal.print(showPage(answer))
  else call.terminal.print(withoutControls(textField(answer, part)).trimEnd())
  return exitCodes.ok
}

function wantedPart({ options }: Call): string | undefined {
  const wanted = parts.filter((part) => options[part] === true)
  if (wanted.length <= 1) return wanted[0]
  const names = parts.map((part) => `--${part}`).join(', ')
  throw usageError(`only one of ${names} can be given`, 'help show')
}

/** The overview of `/api/show`: sections with indented columns; what the answer lacks is left out. */
export function showPage(answer: ApiObject): string {
  const lines = (field: string) => headOf(textField(answer, field)).map((text) => [text])
  const sections: readonly (readonly [heading: string, rows: readonly string[][]])[] = [
    ['Model', modelRows(answer)],
    ['Capabilities', textList(answer, 'capabilities').map((name) => [name])],
    ['Parameters', parameterRows(textField(answer, 'parameters'))],
    ['System', lines('system')],
    ['License', lines('license')],
  ]
  const texts = sections
    .filter(([, rows]) => rows.length > 0)
    .map(([heading, rows]) => `  ${heading}\n${indented(renderColumns(rows))}\n`)
  return texts.join('\n').trimEnd()
}

function modelRows(answer: ApiObject): string[][] {
  const details = objectField(answer, 'details')
  const info = objectField(answer, 'model_info')
  const architecture = textField(info, 'general.architecture') || textField(details, 'family')
  const count = (field: string) => numberField(info, `${architecture}.${field}`)?.toString() ?? ''
  const rows = [
    ['remote model', textField(answer, 'remote_model')],
    ['remote URL', textField(answer, 'remote_host')],
    ['architecture', architecture],
    ['parameters', textField(details, 'parameter_size')],
    ['context length', count('context_length')],
    ['embedding length', count('embedding_length')],
    ['quantization', textField(details, 'quantization_level')],
    ['requires', textField(answer, 'requires')],
  ]
  return rows.filter(([, value]) => value !== '')
}

/** One parameter per line, its name first; a value may hold spaces. */
function parameterRows(text: string): string[][] {
  return text.split('\n').flatMap((line) => {
    const [, name, value] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value]]
  })
}

function headOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const full = lines.filter((line) => line !== '')
  return full.length > headLines ? [...full.slice(0, headLines), '...'] : full
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
