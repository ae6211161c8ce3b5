import { GoError, type GoValue } from './json-scan.ts'

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Ollama writes "for ever" as the end of Go's longest duration. */
const forEverMs = 292 * 365.25 * 86_400_000

/**
 * `keep_alive` in milliseconds: a number is seconds, a string a Go duration; negative is for ever. Throws
 * `GoError` with the text of Ollama's api.Duration or of Go's time.ParseDuration.
 */
export function readKeepAlive(value: Exclude<GoValue, { type: 'null' }>): number {
  const ms = toMs(value)
  return ms < 0 ? forEverMs : Math.min(ms, forEverMs)
}

function toMs(value: Exclude<GoValue, { type: 'null' }>): number {
  if (value.type === 'number') return Number(value.text) * 1000
  if (value.type === 'string') return parseGoDuration(value.value)
  const goTypes = { bool: 'bool', array: '[]interface {}', object: 'map[string]interface {}' }
  throw new GoError(`Unsupported type: '${goTypes[value.type]}'`)
}

function parseGoDuration(text: string): number {
  const [, sign, amount = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (amount === '0') return 0
  let ms = 0
  let rest = amount
  do {
    const part = /^(\d+\.?\d*|\.\d+)([^\d.]*)(.*)$/s.exec(rest)
    if (part === null) throw new GoError(`time: invalid duration ${JSON.stringify(text)}`)
    const [, digits = '', unit = '', after = ''] = part
    const factor = unitMs[unit]
    if (unit === '') throw new GoError(`time: missing unit in duration ${JSON.stringify(text)}`)
    if (factor === undefined) {
      const named = `${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`
      throw new GoError(`time: unknown unit ${named}`)
    }
    ms += Number(digits) * factor
    rest = after
  } while (rest !== '')
  return sign === '-' ? -ms : ms
}
