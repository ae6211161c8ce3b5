import type { Setting } from './setting.ts'
import { integrationSettings } from './table-integration.ts'
import { ollamaSettings } from './table-ollama.ts'
import { ownSettings } from './table-own.ts'

/**
 * Every setting, by its key in the file. Loading, `Settings`, flags, environment, `docs/reference/config.md` and the JSON
 * Schema all come from it. A default may look at settings above it only.
 */
export const table = { ...ownSettings, ...ollamaSettings, ...integrationSettings } as const

export type Key = keyof typeof table

/** What the program gets for a key. */
export type ValueOf<K extends Key> =
  (typeof table)[K] extends Setting<infer Value, infer _Suffix> ? Value : never

/** A row whose value type is known only by its key. */
export type Row = Setting<unknown, '' | 'Ms'>

/** Rows in the order of the table. */
export const rows: ReadonlyMap<Key, Row> = new Map(Object.entries(table) as [Key, Row][])

export function rowOf(key: Key): Row {
  return table[key]
}

/** Keys that hold others: `ollama`, `integration`, `integration.api_gateway` … */
export const sections: ReadonlySet<string> = new Set(
  [...rows.keys()].flatMap((key) => {
    const words = key.split('.')
    return words.slice(1).map((_, index) => words.slice(0, index + 1).join('.'))
  }),
)

/** The row of a key that the file spells so, or undefined. */
export function findKey(text: string): Key | undefined {
  return Object.hasOwn(table, text) ? (text as Key) : undefined
}

/** Keys and sections that stand directly in a section; `''` is the top of the file. */
export function membersOf(section: string): readonly string[] {
  const depth = section === '' ? 1 : section.split('.').length + 1
  const inside = [...rows.keys()].filter((key) => section === '' || key.startsWith(`${section}.`))
  return [...new Set(inside.map((key) => key.split('.').slice(0, depth).join('.')))]
}
