import type { EngineKind } from './engine.ts'

/** The API that a route belongs to: it decides the form of errors and who can answer. */
export type Dialect = 'ollama' | 'openai' | 'anthropic'

/** What our own engine answers; every other kind is an Ollama and translates the others itself (ollama-api §0). */
const embeddedDialects: readonly Dialect[] = ['ollama']

/** True when engines of that kind answer requests of the dialect. */
export function speaks(kind: EngineKind, dialect: Dialect): boolean {
  return kind !== 'embedded' || embeddedDialects.includes(dialect)
}
