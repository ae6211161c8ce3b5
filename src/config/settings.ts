import { type Key, rows, type table, type ValueOf } from './table.ts'

/** `api_gateway` → `apiGateway`. */
type Camel<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Text

type Head<Path> = Path extends `${infer First}.${string}` ? First : Path & string

/** `{ 'a.b': V }` → `{ a: { b: V } }`, with camelCase names. */
type Nested<Flat> = {
  readonly [Name in Head<keyof Flat> as Camel<Name>]: Name extends keyof Flat
    ? Flat[Name]
    : Nested<{
        [Path in keyof Flat as Path extends `${Name}.${infer Rest}` ? Rest : never]: Flat[Path]
      }>
}

/**
 * The values that the program runs with, deep-frozen: `settings.integration.apiGateway.port`. Durations are numbers of
 * milliseconds and say so: `settings.integration.processManager.healthCheckIntervalMs`. Paths are absolute.
 */
export type Settings = Nested<{
  [K in Key as `${K}${(typeof table)[K]['kind']['suffix']}`]: ValueOf<K>
}>

/** Puts one value per key into the nested form. */
export function nestSettings(valueOf: (key: Key) => unknown): Settings {
  const root: Record<string, unknown> = {}
  for (const [key, { kind }] of rows) {
    const names = `${key}${kind.suffix}`.split('.').map(camel)
    const last = names.pop() ?? ''
    let branch = root
    for (const name of names) branch = (branch[name] ??= {}) as Record<string, unknown>
    branch[last] = valueOf(key)
  }
  return deepFreeze(root) as Settings
}

/** Freezes a value and all that hangs on it; for trees of plain data. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
