import { OdError } from '../../core/errors/index.ts'
import { goQuote } from '../../wire/go-json/index.ts'
import { isSchema } from './node.ts'
import { RuleBook } from './rule-book.ts'
import { SchemaConverter } from './schema.ts'

/**
 * The grammar for a request's `format`, given as JSON text: `"json"` and `{}` are any JSON object, another object is a
 * JSON Schema. Throws `OD_FORMAT_INVALID` for anything else, `OD_FORMAT_SCHEMA` for a schema that is none or is beyond
 * `grammarLimits`. Source: Ollama llm/server.go, Completion.
 */
export function grammarForFormat(format: string): string {
  const value: unknown = JSON.parse(format)
  const rules = new RuleBook()
  if (value === 'json') rules.define('root', 'object')
  else if (!isSchema(value)) throw new OdError('OD_FORMAT_INVALID', { format: goQuote(format) })
  else if (Object.keys(value).length === 0) rules.define('root', 'object')
  else rules.define('root', new SchemaConverter(rules, value).convertAll())
  return rules.text()
}
