import { isSameKey, type JsonNode } from './node.ts'
import type { Reader, Reading } from './reading.ts'

/** One field of a Go struct: the name on the wire and how the value is read. */
interface Field<T> {
  readonly name: string
  readonly reader: Reader<T>
}

export type Fields<T> = { readonly [Key in keyof T]-?: Field<T[Key]> }

/** A struct named as Go names it: `GenerateRequest` of type `api.GenerateRequest`. Unknown keys are ignored. */
export function struct<T extends object>(goType: string, fields: Fields<T>): Reader<T> {
  const table = Object.entries<Field<unknown>>(fields)
  const goName = goType.slice(goType.lastIndexOf('.') + 1)
  const zero = Object.fromEntries(
    table.filter(([, { reader }]) => reader.zero !== undefined).map(([k, f]) => [k, f.reader.zero]),
  )
  return {
    zero: zero as T,
    nullResets: false,
    read(node, reading) {
      if (node.kind !== 'object') {
        reading.misfit(node.kind, goType)
        return zero as T
      }
      const outer = reading.struct
      reading.struct = goName
      const values: Record<string, unknown> = { ...zero }
      for (const { key, value } of node.members) {
        const entry = table.find(([, field]) => isSameKey(key, field.name))
        if (entry !== undefined) readField(values, entry, value, reading)
      }
      reading.struct = outer
      return values as T
    },
  }
}

function readField(
  values: Record<string, unknown>,
  [property, { name, reader }]: [string, Field<unknown>],
  node: JsonNode,
  reading: Reading,
): void {
  if (node.kind === 'null' && reader.takesNull !== true) {
    if (!reader.nullResets) return
    if (reader.zero === undefined) delete values[property]
    else values[property] = reader.zero
    return
  }
  reading.path.push(name)
  const value = reader.read(node, reading, values[property])
  reading.path.pop()
  if (value === undefined) delete values[property]
  else values[property] = value
}
