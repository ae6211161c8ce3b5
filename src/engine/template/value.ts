/** Go's values as templates see them. */
import { compareText } from './text.ts'

/**
 * `undefined` is Go's nil or absent value, `bigint` its int, `number` its float64. Lists, maps and structs carry the
 * name of their Go type, for error texts and `%T`.
 */
export type Value =
  | undefined
  | string
  | boolean
  | bigint
  | number
  | List
  | Dictionary
  | Structure
  | Reference

/** A Go slice: a window into items that it shares with others. */
export interface List {
  readonly kind: 'list'
  readonly type: string
  readonly items: readonly Value[]
  readonly start: number
  readonly length: number
  /** A nil slice: prints and counts as an empty one, but is `null` in JSON. */
  readonly isNil: boolean
  /** `json`: prints itself as JSON. `words`: one item prints as that item. */
  readonly prints?: 'json' | 'words'
}

/** A Go map with string keys. */
export interface Dictionary {
  readonly kind: 'map'
  readonly type: string
  /** In the order of the keys, as Go prints and ranges over a map. */
  readonly entries: ReadonlyMap<string, Value>
  readonly isNil: boolean
  readonly prints?: 'json'
  /** What an absent key gives: the zero of the map's element type. Nothing where that is Go's `any`. */
  readonly zero?: Value
}

/** A Go struct type. */
export interface StructureType {
  readonly name: string
  readonly fields: readonly StructureField[]
  /** Methods that templates may call, without arguments. */
  readonly methods?: ReadonlyMap<string, (self: Value) => Value>
}

/** A field of a struct type. */
export interface StructureField {
  readonly name: string
  /** Its name in JSON. */
  readonly json: string
  /** Left out of JSON while empty. */
  readonly omitsEmpty?: true
}

/** A Go struct. */
export interface Structure {
  readonly kind: 'struct'
  readonly type: StructureType
  readonly fields: ReadonlyMap<string, Value>
  /** Held by pointer: inside another value it prints as an address. */
  readonly isPointer: boolean
}

/** A pointer to something that templates cannot look into; without entries the nil pointer. */
export interface Reference {
  readonly kind: 'pointer'
  readonly type: string
  /** For JSON, in the order they were given. */
  readonly entries?: ReadonlyMap<string, Value>
}

/** True for a list, whatever is in it. */
export function isList(value: Value): value is List {
  return typeof value === 'object' && value.kind === 'list'
}

/** A list of the items; undefined makes the nil slice. */
export function toList(
  type: string,
  items: readonly Value[] | undefined,
  prints?: List['prints'],
): List {
  return {
    kind: 'list',
    type,
    items: items ?? [],
    start: 0,
    length: items?.length ?? 0,
    isNil: items === undefined,
    ...(prints && { prints }),
  }
}

/** A map of the entries, brought into the order of their keys; undefined makes the nil map. */
export function toDictionary(
  type: string,
  entries: Iterable<readonly [string, Value]> | undefined,
  prints?: 'json',
): Dictionary {
  const sorted = [...(entries ?? [])].sort(([a], [b]) => compareText(a, b))
  return {
    kind: 'map',
    type,
    entries: new Map(sorted),
    isNil: entries === undefined,
    ...(prints && { prints }),
  }
}

/** A struct held by value; `values` in the order of the type's fields. */
export function toStructure(type: StructureType, values: readonly Value[]): Structure {
  const fields = new Map(type.fields.map(({ name }, i) => [name, values[i]]))
  return { kind: 'struct', type, fields, isPointer: false }
}

/** Item `index` of the list, which may lie behind its end but within what it shares. */
export function itemAt(list: List, index: number): Value {
  return list.items[list.start + index]
}

/** The items in their order. */
export function itemsOf({ items, start, length }: List): readonly Value[] {
  return start === 0 && length === items.length ? items : items.slice(start, start + length)
}

/** Go's truth: everything but zero, empty, nil and false. Structs are always true. */
export function isTrue(value: Value): boolean {
  if (typeof value !== 'object') return Boolean(value) || Number.isNaN(value)
  switch (value.kind) {
    case 'list':
      return value.length > 0
    case 'map':
      return value.entries.size > 0
    case 'struct':
      return true
    default:
      return value.entries !== undefined
  }
}

/** True for what equals `nil`. */
export function isNil(value: Value): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object') return false
  if (value.kind === 'pointer') return value.entries === undefined
  return value.kind !== 'struct' && value.isNil
}

/** The name of the value's Go type. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    case 'number':
      return 'float64'
    default:
      if (value.kind !== 'struct') return value.type
      return value.isPointer ? `*${value.type.name}` : value.type.name
  }
}
