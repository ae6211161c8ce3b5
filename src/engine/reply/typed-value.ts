import type { JsonObject, JsonValue } from '../../wire/go-json/index.ts'

/**
 * What a text means as an argument of these types: the most particular one that it can be; itself when it can be none.
 * `null` is always nothing. Source: ollama/ollama model/parsers/qwen3coder.go, parseValue.
 */
export function typedValue(text: string, types: readonly string[]): JsonValue {
  const lower = text.toLowerCase()
  if (lower === 'null') return null
  const can = (type: string) => types.includes(type)
  if (can('boolean')) {
    if (lower === 'true' || lower === 'false') return lower === 'true'
    if (types.length === 1) return false
  }
  if (can('integer') && /^[+-]?\d+$/.test(text)) {
    const value = Number(text)
    // Beyond that a number would not be the one that was written
    if (Number.isSafeInteger(value)) return value
  }
  if (can('number') && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text)
    if (Number.isFinite(value)) return value
  }
  if (can('array') || can('object')) {
    const value = parsed(text)
    if (Array.isArray(value) && can('array')) return value
    if (isRecord(value) && can('object')) return value
  }
  return text
}

function isRecord(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined // a model's text need not be JSON
  }
}
