import { type ApiRoute, apiTable, openApiDocument } from '../../src/admin/index.ts'
import { packageVersion } from '../../src/sys/machine.ts'

/** `docs/openapi.json`, as `/api/v1/openapi.json` serves it. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(apiTable, packageVersion()), null, 2)}\n`
}

/** A part of the document, as far as the page looks at it. */
interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly default?: unknown
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly description?: string
  readonly required: boolean
  readonly schema: Schema
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { description: string; content: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** `docs/API_REFERENCE.md`: the management API for people, from the OpenAPI document and nothing else but its table. */
export function apiPage(): string {
  const document = openApiDocument(apiTable, packageVersion()) as Document
  const schemas = Object.entries(document.components.schemas)
  return `${[
    introduction,
    '## Routes',
    ...apiTable.map((route) => routePart(route, document)),
    '## Schemas',
    ...schemas.map(([name, schema]) => schemaPart(name, schema)),
  ].join('\n\n')}\n`
}

const introduction = `# API reference

The management API, generated from its table in \`src/admin/api/\`; not to be edited by hand. The same as an OpenAPI 3.1 document:
[openapi.json](openapi.json), served at \`/api/v1/openapi.json\`. Ollama's own API answers at the same address; its routes are
in [routes.md](reference/routes.md), its description is [Ollama's](https://github.com/ollama/ollama/blob/main/docs/api.md).

Answers are JSON unless a route says otherwise. A refusal is an [Error](#schema-error) with the status that stands at its
[code](reference/errors.md). A body has at most 1 MiB. *Role* is who will be allowed to ask once there are keys; there are none in
this version.`

function routePart(route: ApiRoute, document: Document): string {
  const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
  const operation = document.paths[path]?.[route.method.toLowerCase()]
  if (operation === undefined) throw new Error(`the document lacks ${route.method} ${path}`)
  const { parameters = [], requestBody, responses } = operation
  const parts = [
    `### ${route.method} ${path}`,
    [`${route.summary}.`, route.description ?? ''].join(' ').trim(),
    `Role: ${route.role}.`,
    table(['parameter', 'in', 'type', 'meaning'], parameters.map(parameterRow)),
    requestBody === undefined ? '' : `Body: ${contentText(requestBody.content)}`,
    table(
      ['status', 'answer', 'when'],
      Object.entries(responses).map(([status, { description, content }]) => [
        status,
        contentText(content),
        description,
      ]),
    ),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function parameterRow({ name, in: place, description = '', schema }: Parameter): string[] {
  return [`\`${name}\``, place, typeText(schema), description]
}

function schemaPart(name: string, schema: Schema): string {
  const required = new Set(schema.required)
  const rows = Object.entries(schema.properties ?? {}).map(([field, of]) => [
    `\`${field}\``,
    typeText(of) + (required.has(field) ? '' : ', may be absent'),
    of.description ?? '',
  ])
  return `### Schema: ${name}\n\n${table(['field', 'type', 'meaning'], rows)}`
}

function contentText(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => (type === 'application/json' ? typeText(schema) : `\`${type}\``))
    .join(', ')
}

function typeText(schema: Schema): string {
  const { $ref, type = 'any', items, properties } = schema
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? ''
    return `[${name}](#schema-${name.toLowerCase()})`
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.oneOf !== undefined) return schema.oneOf.map(typeText).join(' — or — ')
  if (items !== undefined) return `list of ${typeText(items)}`
  if (properties !== undefined) {
    const isOptional = (name: string) => schema.required?.includes(name) !== true
    const fields = Object.entries(properties).map(
      ([name, of]) => `\`${name}\`: ${typeText(of)}${isOptional(name) ? ', may be absent' : ''}`,
    )
    return fields.join('; ')
  }
  const preset = schema.default === undefined ? '' : `, default ${JSON.stringify(schema.default)}`
  return `${type}${preset}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
