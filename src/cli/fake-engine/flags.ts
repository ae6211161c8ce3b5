/** Values of the flags of `fake-engine` and its parts. */
import { type Call, textOption } from '../command.ts'
import { usageError } from '../failure.ts'

/** A flag that takes a whole number, and what it is without the flag. */
interface NumberFlag {
  /** As commander names it. */
  readonly name: string
  readonly flag: string
  readonly min: number
  readonly max: number
  readonly fallback: number
}

/** Throws `OD_CLI_USAGE` for anything else than a whole number within its bounds. */
export function wholeNumber(call: Call, { name, flag, min, max, fallback }: NumberFlag): number {
  const text = textOption(call, name)
  if (text === undefined) return fallback
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw usageError(`${flag} takes a whole number from ${min} to ${max}`, 'help fake-engine')
}

export const port = { name: 'port', flag: '--port', min: 0, max: 65_535, fallback: 0 } as const

export const controlPort = {
  name: 'controlPort',
  flag: '--control-port',
  min: 0,
  max: 65_535,
  fallback: 0,
} as const
