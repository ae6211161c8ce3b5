import type { JsonObject, JsonValue } from '../../wire/go-json/index.ts'
import type { ObjectText } from './json-objects.ts'

/** A call of a tool as the model wrote it. */
export interface FoundCall {
  readonly name: string
  readonly arguments: JsonObject
}

/** Models nest a call once or twice; deeper objects are arguments of something. */
const depthMax = 4

/**
 * The calls in one object of an answer: `{"name", "arguments"}` (Qwen, Hermes, pocket, Mistral), `{"name", "parameters"}`
 * (Llama 3), `{"tool_name", "parameters"}` (Command R7B), the arguments alone behind the tool's name (Mistral's newer form, `<function=NAME>`), `{NAME: arguments}`,
 * or one of these within. Only tools that were offered count. Source of the forms: ollama/ollama tools/tools.go.
 */
export function callsIn({ before, text }: ObjectText, tools: readonly string[]): FoundCall[] {
  const object = parseObject(text)
  if (object === undefined) return []
  const direct = directCall(object, tools)
  if (direct !== undefined) return [direct]
  const named = nameIn(before, tools)
  if (named !== undefined) return [{ name: named, arguments: object }]
  return nestedCalls(object, tools, 1)
}

function directCall(object: JsonObject, tools: readonly string[]): FoundCall | undefined {
  const name = object['name'] ?? object['tool_name']
  if (typeof name !== 'string' || !tools.includes(name)) return undefined
  const given = object['arguments'] ?? object['parameters']
  const args = typeof given === 'string' ? parseObject(given) : given
  if (isObject(args)) return { name, arguments: args }
  return args === undefined || args === null ? { name, arguments: {} } : undefined
}

function nestedCalls(object: JsonObject, tools: readonly string[], depth: number): FoundCall[] {
  const calls: FoundCall[] = []
  for (const [key, value] of Object.entries(object)) {
    if (tools.includes(key) && isObject(value)) calls.push({ name: key, arguments: value })
    else if (depth < depthMax) {
      for (const inner of Array.isArray(value) ? value : [value]) {
        if (!isObject(inner)) continue
        const direct = directCall(inner, tools)
        calls.push(...(direct === undefined ? nestedCalls(inner, tools, depth + 1) : [direct]))
      }
    }
  }
  return calls
}

/** The tool that a text names last; of names within each other, the longest. */
function nameIn(text: string, tools: readonly string[]): string | undefined {
  const places = tools
    .filter((tool) => tool !== '')
    .map((tool) => ({ tool, end: text.lastIndexOf(tool) + tool.length }))
    .filter(({ tool, end }) => end >= tool.length)
  const [best] = places.toSorted((a, b) => b.end - a.end || b.tool.length - a.tool.length)
  return best?.tool
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    return isObject(value) ? value : undefined
  } catch {
    return undefined // a model's text need not be JSON
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
