import type { JsonObject } from '../../wire/go-json/index.ts'
import type { FoundCall } from './calls-in.ts'

/** A tool that was offered, as a reader of calls needs it. */
export interface OfferedTool {
  readonly name: string
  /** Types of its arguments by their JSON schema; an argument may have several. Absent: text. */
  readonly types: ReadonlyMap<string, readonly string[]>
}

/** How a family writes calls that are no JSON. */
export interface CallFormat {
  readonly open: string
  readonly close: string
  /** The calls between the tags; none where the text is no call. */
  readonly read: (inner: string, tools: readonly OfferedTool[]) => readonly FoundCall[]
}

/** The tool that a client's request describes. Properties that are no schema count as text. */
export function offeredTool({ function: described }: JsonObject): OfferedTool {
  const { name, parameters } = recordOf(described)
  const properties = recordOf(recordOf(parameters)['properties'])
  const types = Object.entries(properties).map(([key, schema]) => [key, typesIn(schema)] as const)
  return { name: typeof name === 'string' ? name : '', types: new Map(types) }
}

function typesIn(schema: unknown): readonly string[] {
  const { type, anyOf } = recordOf(schema)
  if (Array.isArray(anyOf) && anyOf.length > 0) return anyOf.flatMap(typesIn)
  const all = Array.isArray(type) ? type : [type]
  return all.filter((one): one is string => typeof one === 'string')
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
