/** What a request asks for, checked by the schemas of its route. */
import type { z } from 'zod'
import { OdError } from '../../core/errors/index.ts'
import type { ApiInput, ApiRoute } from './route.ts'

/** A request as it came. */
export interface RawInput {
  readonly parameters: Readonly<Record<string, string>>
  /** With its question mark. */
  readonly query: string
  readonly body: Uint8Array
  readonly lastEventId: string | undefined
}

/** Longer texts of others are not repeated in an answer. */
const fieldCharactersMax = 64

/** Throws OD_API_FIELD, which names the first wrong field, or OD_API_JSON. */
export function readInput(route: ApiRoute, raw: RawInput): ApiInput {
  return {
    params: check(route.params, raw.parameters, 'path parameter'),
    query: check(route.query, route.query && readQuery(raw.query), 'query parameter'),
    body: check(route.body, route.body && readJson(raw.body), 'field'),
    lastEventId: raw.lastEventId,
  }
}

function check(schema: z.ZodType | undefined, value: unknown, place: string): unknown {
  if (schema === undefined) return undefined
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const path = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
  throw wrongField(
    place,
    path.join('.'),
    unknownKey === undefined ? lowerFirst(issue?.message ?? '') : 'there is no such one',
  )
}

/** A parameter that is given twice has no value that both sides would agree on. */
function readQuery(query: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    if (values.has(name)) throw wrongField('query parameter', name, 'given twice')
    values.set(name, value)
  }
  return Object.fromEntries(values)
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw new OdError('OD_API_JSON', {}, { cause: error })
  }
}

function wrongField(place: string, name: string, problem: string): OdError {
  const field = name === '' ? '(all of it)' : name.slice(0, fieldCharactersMax)
  return new OdError('OD_API_FIELD', { place, field, problem })
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
