/** A value's place in a `printf`. Source: Go fmt, format.go, pad. */

/** What stands between `%` and the letter. */
export interface Flags {
  readonly plus?: boolean
  readonly minus?: boolean
  readonly sharp?: boolean
  readonly space?: boolean
  readonly zero?: boolean
  readonly width?: number
  readonly precision?: number
  /** `%+v`: fields with their names. `+` alone then does nothing. */
  readonly plusV?: boolean
  /** `%#v`: as Go source. `#` alone then does nothing. */
  readonly sharpV?: boolean
}

/** The text in its field; with blanks behind it for `-`, else with blanks or zeros before it. */
export function pad(text: string, { width = 0, minus, zero }: Flags): string {
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (minus) return text + ' '.repeat(missing)
  return (zero ? '0' : ' ').repeat(missing) + text
}
