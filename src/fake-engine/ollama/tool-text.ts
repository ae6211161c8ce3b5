/** Tools and calls in prompts, as the template of the recorded model with tools writes them. */
import { goJson, sorted } from './json-encode.ts'
import { isRecord, stringIn } from './json-values.ts'
import type { ChatRequest, Message } from './requests.ts'

/** The turn that tells of the tools: Go's own writing of its structs, for `{{ . }}` says no more. */
export function toolsTurn(tools: NonNullable<ChatRequest['tools']>): string {
  if (tools.length === 0) return ''
  const lines = tools.map(({ type = '', function: described = {} }) => {
    const { name = '', description = '', parameters } = described
    const {
      type: kind = '',
      required = [],
      properties = {},
    } = isRecord(parameters) ? parameters : {}
    const names = Array.isArray(required) ? required.join(' ') : ''
    const shape = `{${stringIn(kind)} <nil> <nil> [${names}] ${goJson(properties)}}`
    return `{${type} <nil> {${stringIn(name)} ${stringIn(description)} ${shape}}}\n`
  })
  return `<|im_start|>system\nTools:\n${lines.join('')}<|im_end|>\n`
}

/** Calls of an earlier turn. */
export function callsText(calls: Message['tool_calls'] = []): string {
  return calls
    .map(({ function: { name = '', arguments: given } = {} }) => {
      const told = isRecord(given) ? goJson(sorted(given)) : '{}'
      return `{"name": "${stringIn(name)}", "arguments": ${told}}`
    })
    .join('')
}
