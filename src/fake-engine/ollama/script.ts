/** When the fake has something certain to say: JSON that a schema asks for, or a call of a tool. */
import { randomBytes } from 'node:crypto'
import { Failure } from './failure.ts'
import { sorted } from './json-encode.ts'
import { isRecord, stringIn } from './json-values.ts'
import type { ChatRequest } from './requests.ts'
import { instanceOf } from './schema-instance.ts'
import type { ToolCall } from './voice.ts'

type Tools = NonNullable<ChatRequest['tools']>

/** What `"json"` and a schema that says nothing are answered with. */
const anyObject = { answer: 'sea', number: 7 }

/** The JSON that `format` binds an answer to, or `undefined` where it is free. */
export function formatScript(format = ''): string | undefined {
  if (['', '""', 'null'].includes(format)) return undefined
  if (format === '"json"') return pretty(anyObject)
  if (!format.startsWith('{')) {
    const quoted = JSON.stringify(format)
    const text = `invalid format: ${quoted}; expected "json" or a valid JSON Schema object`
    throw new Failure(500, text)
  }
  const schema: unknown = JSON.parse(format)
  return pretty(Object.keys(schema as object).length === 0 ? anyObject : instanceOf(schema))
}

/** The call of the first tool whose name stands in the last turn, if that is the user's. */
export function callScript({ tools = [], messages = [] }: ChatRequest): string | undefined {
  const last = messages.at(-1)
  if (last?.role?.toLowerCase() !== 'user') return undefined
  const named = functionsOf(tools).find(({ name }) => last.content?.includes(name) === true)
  if (named === undefined) return undefined
  return JSON.stringify({ name: named.name, arguments: instanceOf(named.parameters) })
}

/** Finds a call in what was said, as Ollama does where a template has no tag for calls: any object with both keys. */
export function callIn(text: string, tools: Tools): ToolCall | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // not yet whole, or never
  }
  if (!isRecord(value)) return undefined
  const { name, arguments: given } = value
  if (!isRecord(given)) return undefined
  if (!functionsOf(tools).some((tool) => tool.name === name)) return undefined
  const id = `call_${randomBytes(4).toString('hex')}`
  const ordered = sorted(given) as Readonly<Record<string, unknown>>
  return { id, function: { index: 0, name: stringIn(name), arguments: ordered } }
}

function functionsOf(tools: Tools): { name: string; parameters: unknown }[] {
  return tools.flatMap(({ function: { name, parameters } = {} }) =>
    typeof name === 'string' && name !== '' ? [{ name, parameters }] : [],
  )
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}
