/** Go templates' `index`, `slice` and `len`. Source: Go text/template, funcs.go. */
import { CallFailure } from './call-failure.ts'
import { byteAt, sliceBytes, utf8Length } from './text.ts'
import { isList, itemAt, typeName, type Value } from './value.ts'

/** `item[i][j]…`: lists by number, maps by key; an absent key gives nothing. Strings give bytes. */
export function selectItem(item: Value, indexes: readonly Value[]): Value {
  let selected = item
  if (selected === undefined) throw new CallFailure('index of untyped nil')
  for (const index of indexes) {
    if (typeof selected === 'string') {
      const length = utf8Length(selected)
      selected = BigInt(byteAt(selected, within(index, length, 'string')))
    } else if (isList(selected)) {
      selected = itemAt(selected, within(index, selected.length, 'slice'))
    } else if (typeof selected === 'object' && selected.kind === 'map') {
      if (typeof index !== 'string') {
        const got = index === undefined ? 'value is nil; should be of type string' : undefined
        throw new CallFailure(got ?? `value has type ${typeName(index)}; should be string`)
      }
      selected = selected.entries.has(index) ? selected.entries.get(index) : selected.zero
    } else if (selected === undefined) {
      throw new CallFailure('index of nil pointer')
    } else {
      throw new CallFailure(`can't index item of type ${typeName(selected).replace(/^\*/, '')}`)
    }
  }
  return selected
}

/** `item[i:j]` of a string or list. The third index only bounds what a later slice may see, as in Go. */
export function sliceItem(item: Value, indexes: readonly Value[]): Value {
  if (item === undefined) throw new CallFailure('slice of untyped nil')
  if (indexes.length > 3) throw new CallFailure(`too many slice indexes: ${indexes.length}`)
  if (typeof item === 'string') {
    if (indexes.length === 3) throw new CallFailure('cannot 3-index slice a string')
    const length = utf8Length(item)
    const [from, to] = bounds(indexes, length, length)
    return sliceBytes(item, from, to)
  }
  if (!isList(item)) {
    throw new CallFailure(`can't slice item of type ${typeName(item).replace(/^\*/, '')}`)
  }
  const [from, to] = bounds(indexes, item.length, item.items.length - item.start)
  return { ...item, start: item.start + from, length: to - from }
}

/** Length of a list or map in items, of a string in bytes. */
export function lengthOf(item: Value): number {
  if (typeof item === 'string') return utf8Length(item)
  if (typeof item === 'object') {
    if (item.kind === 'list') return item.length
    if (item.kind === 'map') return item.entries.size
    if (item.kind === 'pointer' && item.entries === undefined) {
      throw new CallFailure('len of nil pointer')
    }
  }
  if (item === undefined) throw new CallFailure('len of nil pointer')
  throw new CallFailure(`len of type ${typeName(item)}`)
}

function bounds(indexes: readonly Value[], length: number, capacity: number): [number, number] {
  const [from = 0, to = length, last] = indexes.map((index) => within(index, capacity))
  if (from > to) throw new CallFailure(`invalid slice index: ${from} > ${to}`)
  if (last !== undefined && to > last) {
    throw new CallFailure(`invalid slice index: ${to} > ${last}`)
  }
  return [from, to]
}

/** The index as a number from 0 to `capacity`, and below it where it picks from a string or slice. */
function within(index: Value, capacity: number, from?: 'string' | 'slice'): number {
  if (index === undefined) throw new CallFailure('cannot index slice/array with nil')
  if (typeof index !== 'bigint') {
    throw new CallFailure(`cannot index slice/array with type ${typeName(index)}`)
  }
  if (index < 0n || index > BigInt(capacity)) {
    throw new CallFailure(`index out of range: ${index}`)
  }
  if (from !== undefined && Number(index) === capacity) {
    throw new CallFailure(`reflect: ${from} index out of range`)
  }
  return Number(index)
}
