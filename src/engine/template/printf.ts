import type { Budget } from './budget.ts'
import { CallFailure } from './call-failure.ts'
import { limits } from './limits.ts'
import { formatValue, type Verb } from './print.ts'
import { typeName, type Value } from './value.ts'

const directive = /%([-+# 0]*)(\d*)(?:\.(\d*))?([\s\S])?/gu

/**
 * Go's `fmt.Sprintf` without `*` and argument indexes (`%[1]s`), which it refuses. A directive too many or too few
 * prints as Go's `%!d(MISSING)` and `%!(EXTRA …)`.
 */
export function sprintf(format: string, values: readonly Value[], budget: Budget): string {
  let used = 0
  const text = format.replaceAll(
    directive,
    (_, flags: string, width: string, precision?: string, letter?: string) => {
      if (letter === undefined) return '%!(NOVERB)'
      if (letter === '%') return '%'
      if (letter === '*' || letter === '[') {
        throw new CallFailure(`%${letter} is not supported`)
      }
      if (used >= values.length) return `%!${letter}(MISSING)`
      const value = values[used++]
      const shown =
        letter === 'T'
          ? typeName(value)
          : formatValue(value, toVerb(letter, flags, width, precision))
      budget.spendChars(shown.length)
      return shown
    },
  )
  return used >= values.length
    ? text
    : `${text}%!(EXTRA ${values.slice(used).map(describe).join(', ')})`
}

function describe(value: Value): string {
  return value === undefined ? '<nil>' : `${typeName(value)}=${formatValue(value, { letter: 'v' })}`
}

function toVerb(letter: string, flags: string, width: string, precision?: string): Verb {
  return {
    letter,
    plus: flags.includes('+'),
    sharp: flags.includes('#'),
    space: flags.includes(' '),
    minus: flags.includes('-'),
    zero: flags.includes('0'),
    ...(width !== '' && { width: toSize(width) }),
    ...(precision !== undefined && { precision: toSize(precision) }),
  }
}

function toSize(digits: string): number {
  const size = Number(digits)
  if (size > limits.fieldWidthMax) {
    throw new CallFailure(`width or precision above ${limits.fieldWidthMax}`)
  }
  return size
}
