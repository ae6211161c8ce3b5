import { z } from 'zod'
import { catalogue, type ErrorCode, type ErrorEntry } from '../../core/errors/index.ts'
import type { ApiRoute } from './route.ts'
import { failure, namedSchemas } from './schema.ts'

/** The table as an OpenAPI 3.1 document. Source: OpenAPI Specification 3.1.0. */
export function openApiDocument(table: readonly ApiRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of table) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ollama-distributed: management API',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        "What this product adds to Ollama's API, which answers at the same address and is described by Ollama.",
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: componentSchemas() },
  }
}

function operationOf(route: ApiRoute): object {
  const { method, path, summary, description, role, params, query, body } = route
  const words = path.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  return {
    operationId: [method.toLowerCase(), ...words].join('_'),
    summary,
    ...(description === undefined ? {} : { description }),
    'x-role': role,
    ...(params === undefined && query === undefined
      ? {}
      : { parameters: [...parametersIn('path', params), ...parametersIn('query', query)] }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(jsonSchema(body)) } }),
    responses: responsesOf(route),
  }
}

function parametersIn(place: 'path' | 'query', schema: z.ZodObject | undefined): object[] {
  if (schema === undefined) return []
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = jsonSchema(field as z.ZodType)
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

function responsesOf({ answers, errors, params, query, body }: ApiRoute): Record<string, object> {
  const responses: Record<string, object> = {}
  for (const [status, { meaning, schema }] of Object.entries(answers)) {
    const content =
      schema === undefined
        ? { 'text/event-stream': { schema: { type: 'string' } } }
        : jsonContent(referenceTo(schema))
    responses[status] = { description: meaning, content }
  }
  const hasInput = [params, query, body].some((schema) => schema !== undefined)
  const codes: ErrorCode[] = [
    ...(hasInput ? (['OD_API_FIELD'] as const) : []),
    ...(body === undefined ? [] : (['OD_API_JSON'] as const)),
    ...errors,
  ]
  for (const [status, some] of Map.groupBy(codes, statusOf)) {
    responses[status] = { description: some.join(', '), content: jsonContent(referenceTo(failure)) }
  }
  return responses
}

function statusOf(code: ErrorCode): string {
  const entry: ErrorEntry = catalogue[code]
  return String(entry.status ?? 500)
}

function jsonContent(schema: object): object {
  return { 'application/json': { schema } }
}

/** By name where it has one. */
function referenceTo(schema: z.ZodType): object {
  const id = namedSchemas.get(schema)?.id
  return id === undefined ? jsonSchema(schema) : { $ref: uriOf(id) }
}

function uriOf(id: string): string {
  return `#/components/schemas/${id}`
}

function componentSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(namedSchemas, { uri: uriOf, io: 'output' })
  return Object.fromEntries(
    Object.entries(schemas)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, schema]) => [id, withoutMeta(schema)]),
  )
}

/** What a request may send; OpenAPI 3.1 has the dialect of JSON Schema 2020-12, which zod writes. */
function jsonSchema(schema: z.ZodType): { description?: string } & object {
  return withoutMeta(z.toJSONSchema(schema, { io: 'input' }))
}

/** The document says once for all which dialect its schemas have, and where each of them is. */
function withoutMeta(schema: object): object {
  const meta = ['$schema', '$id', '~standard']
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !meta.includes(key)))
}
