import type { JsonValue } from '../../wire/go-json/index.ts'
import type { CallFormat, OfferedTool } from './call-format.ts'
import type { FoundCall } from './calls-in.ts'
import { typedValue } from './typed-value.ts'

/**
 * Qwen3-Coder, Qwen3.5, Nemotron 3: `<function=NAME>` and `<parameter=KEY>` with the value on lines of its own.
 * Source: ollama/ollama model/parsers/qwen3coder.go.
 */
export const functionTags: CallFormat = {
  open: '<tool_call>',
  close: '</tool_call>',
  read(inner, tools) {
    const [, name = '', rest = ''] = /^\s*<function=([^>]+)>([^]*)$/.exec(inner) ?? []
    const body = rest.replace(/<\/function>\s*$/, '')
    const parameters = body.matchAll(
      /<parameter=([^>]+)>([^]*?)<\/parameter>(?=\s*(?:<parameter=|$))/g,
    )
    const pairs = Array.from(parameters, ([, key = '', text = '']) => {
      return [key, text.replace(/^\n/, '').replace(/\n$/, '')] as const
    })
    return callOf(name, pairs, tools)
  },
}

/**
 * GLM 4.6 and 4.7, Laguna: the name, then `<arg_key>` and `<arg_value>` by turns.
 * Source: ollama/ollama model/parsers/glm46.go.
 */
export const argumentTags: CallFormat = {
  open: '<tool_call>',
  close: '</tool_call>',
  read(inner, tools) {
    const [name = ''] = inner.split('<arg_key>', 1)
    const found = inner.matchAll(
      /<arg_key>([^]*?)<\/arg_key>\s*<arg_value>([^]*?)<\/arg_value>(?=\s*(?:<arg_key>|$))/g,
    )
    const pairs = Array.from(found, ([, key = '', text = '']) => [key.trim(), text] as const)
    return callOf(name.trim(), pairs, tools)
  },
}

function callOf(
  name: string,
  pairs: readonly (readonly [string, string])[],
  tools: readonly OfferedTool[],
): FoundCall[] {
  const tool = tools.find((one) => one.name === name)
  if (tool === undefined || name === '') return []
  const entries = pairs.map(([key, text]): [string, JsonValue] => [
    key,
    typedValue(text, tool.types.get(key) ?? []),
  ])
  return [{ name, arguments: Object.fromEntries(entries) }]
}
