import type { Given } from './given.ts'
import type { Places } from './places.ts'
import { type Problem, quoted, type Source } from './problem.ts'
import type { DefaultContext } from './setting.ts'
import { type Key, rowOf, rows, type ValueOf } from './table.ts'

/** The value that is in force for a key. */
export interface Resolved<Value = unknown> {
  readonly value: Value
  readonly source: Source
  /** What it would be if nobody had given it. */
  readonly defaultValue: Value
  /** Lines of the entries of a map that a file gave. */
  readonly entryLines?: ReadonlyMap<string, number>
}

/** All keys' values; those in `broken` stand at their default, because what was given is wrong. */
export interface Resolution {
  readonly problems: readonly Problem[]
  readonly broken: ReadonlySet<Key>
  readonly of: <K extends Key>(key: K) => Resolved<ValueOf<K>>
}

/** Checks everything that was given, and keeps for each key the first; `given` is sorted by precedence. */
export function resolveSettings(given: readonly Given[], places: Places): Resolution {
  const problems: Problem[] = []
  const broken = new Set<Key>()
  const chosen = new Map<Key, Omit<Resolved, 'defaultValue'>>()
  for (const one of given) {
    const reading = checkValue(one, places)
    if (reading.type === 'problems') {
      problems.push(...reading.problems)
      broken.add(one.key)
    } else if (!chosen.has(one.key)) {
      const { source, entryLines } = one
      chosen.set(one.key, { value: reading.value, source, ...(entryLines && { entryLines }) })
    }
  }
  const resolved = new Map<Key, Resolved>()
  const context: DefaultContext = {
    platformDataDir: places.platformDataDir,
    path: (key) => String(resolved.get(key as Key)?.value),
    isGiven: (key) => chosen.has(key as Key),
    below: (folder, name) => places.below(folder, name),
  }
  for (const [key, row] of rows) {
    const defaultValue = 'of' in row.default ? row.default.of(context) : row.default.value
    const fallback = { value: defaultValue, source: { type: 'default' } } as const
    resolved.set(key, { ...(chosen.get(key) ?? fallback), defaultValue })
  }
  return {
    problems,
    broken,
    of: <K extends Key>(key: K) => resolved.get(key) as Resolved<ValueOf<K>>,
  }
}

type Reading =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] }

function checkValue(given: Given, places: Places): Reading {
  const { key, raw, base } = given
  const { kind } = rowOf(key)
  const result = kind.schema.safeParse(raw)
  if (!result.success) {
    // One per entry of a map, and one for any other value.
    const perEntry = new Map(result.error.issues.map((issue) => [issue.path[0], issue.message]))
    const problems = [...perEntry].map(([entry, expected]) => problemOf(given, entry, expected))
    return { type: 'problems', problems }
  }
  const { data } = result
  const isPath = kind.name === 'path' && typeof data === 'string' && data !== ''
  return { type: 'value', value: isPath ? places.absolute(data, base) : data }
}

function problemOf(given: Given, entry: PropertyKey | undefined, expected: string): Problem {
  const { key, source, raw, entryLines } = given
  const isEntry = typeof entry === 'string'
  const line = isEntry ? entryLines?.get(entry) : undefined
  const name = isEntry ? `${key}.${quoted(entry)}` : key
  const wrong = isEntry ? (raw as Readonly<Record<string, unknown>>)[entry] : raw
  const is = rowOf(key).secret ? 'is wrong' : `is ${describe(wrong)}`
  return {
    source: source.type === 'file' && line !== undefined ? { ...source, line } : source,
    text: `${name} ${is}; expected ${expected}, for example ${example(key, source)}`,
  }
}

function describe(value: unknown): string {
  if (value === null || value === '') return 'empty'
  if (typeof value === 'string') return `"${quoted(value)}"`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a map'
}

/** A right value in the form of the place where the wrong one stands. */
function example(key: Key, source: Source): string {
  const row = rowOf(key)
  const fixed = 'value' in row.default ? row.kind.spell(row.default.value) : ''
  const text = row.kind.example ?? (typeof fixed === 'object' ? '' : String(fixed))
  if (source.type === 'flag') return `${source.name} ${text}`
  return source.type === 'env' ? `${source.name}=${text}` : `${key.split('.').at(-1)}: ${text}`
}
