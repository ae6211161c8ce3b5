/** Go templates' `eq ne lt le gt ge`. Source: Go text/template, funcs.go. */
import { CallFailure } from './call-failure.ts'
import { formatValue } from './print.ts'
import { compareText } from './text.ts'
import { isNil, typeName, type Value } from './value.ts'

/** True when the first equals any of the others. */
export function isEqual(first: Value, others: readonly Value[]): boolean {
  if (others.length === 0) throw new CallFailure('missing argument for comparison')
  return others.some((other) => equals(first, other))
}

function equals(a: Value, b: Value): boolean {
  const isBasic = typeof a !== 'object' && a !== undefined
  if (typeof a === typeof b && isBasic) return a === b
  const isOtherBasic = typeof b !== 'object' && b !== undefined
  if (isBasic || isOtherBasic) {
    if (a === undefined || b === undefined) return false
    throw new CallFailure(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`)
  }
  if (a !== undefined && b !== undefined && goKind(a) !== goKind(b)) {
    const [first, second] = [formatValue(a, { letter: 's' }), formatValue(b, { letter: 'v' })]
    const types = `${typeName(a)}, ${typeName(b)}`
    throw new CallFailure(`non-comparable types ${first}: ${types}: ${second}`)
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b)
  if (typeof a === 'object' && a.kind === 'struct' && a.isPointer) return a === b
  throw new CallFailure(`non-comparable type ${formatValue(b, { letter: 's' })}: ${typeName(b)}`)
}

function goKind(value: Value): string {
  if (typeof value !== 'object') return typeof value
  return value.kind === 'struct' && value.isPointer ? 'pointer' : value.kind
}

/** Below 0 when the first comes first; for ints, floats and strings of one type. */
export function order(a: Value, b: Value): number {
  for (const value of [a, b]) {
    if (typeof value === 'object' || value === undefined) throw badType()
  }
  if (typeof a !== typeof b) {
    throw new CallFailure(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`)
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : Number(a > b)
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : Number(a > b)
  throw badType()
}

function badType(): CallFailure {
  return new CallFailure('invalid type for comparison')
}
