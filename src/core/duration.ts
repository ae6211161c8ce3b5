/**
 * Durations in Go's syntax, as Ollama and the configuration file write them: `5m`, `1h30m`, `250ms`, `-1m`.
 * Source: Go's time.ParseDuration, with its error texts, because Ollama hands them to clients.
 */

/** What a duration text means, or why it means nothing. */
export type DurationReading =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly reason: string }

/** Longest duration Go can hold, about 292 years; a text beyond it is invalid there, too. */
const nanosecondsMax = 2n ** 63n - 1n

/** Longer than any spelling of the longest duration; keeps the big-integer arithmetic small. */
const durationCharactersMax = 256

const nanosecondsPerUnit: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // micro sign
  ['μs', 1_000n], // Greek mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

const numberAndUnit = /(\d*)(?:(\.)(\d*))?([^\d.]*)/y

/** Milliseconds of a Go duration text; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  const reading = readGoDuration(text)
  return reading.ok ? reading.ms : undefined
}

/** As `parseGoDuration`, and with Go's own sentence where the text is none. */
export function readGoDuration(text: string): DurationReading {
  const invalid = { ok: false, reason: `time: invalid duration ${quote(text)}` } as const
  const isNegative = text.startsWith('-')
  const unsigned = isNegative || text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return { ok: true, ms: 0 }
  if (unsigned === '' || text.length > durationCharactersMax) return invalid
  let totalNs = 0n
  numberAndUnit.lastIndex = 0
  while (numberAndUnit.lastIndex < unsigned.length) {
    const match = numberAndUnit.exec(unsigned)
    const [, whole = '', , fraction = '', unit = ''] = match ?? []
    const count = BigInt(whole === '' ? '0' : whole)
    if ((whole === '' && fraction === '') || count > nanosecondsMax + 1n) return invalid
    if (unit === '') return { ok: false, reason: `time: missing unit in duration ${quote(text)}` }
    const unitNs = nanosecondsPerUnit.get(unit)
    if (unitNs === undefined) {
      const reason = `time: unknown unit ${quote(unit)} in duration ${quote(text)}`
      return { ok: false, reason }
    }
    totalNs += count * unitNs + partOf(unitNs, fraction)
    if (totalNs > nanosecondsMax + (isNegative ? 1n : 0n)) return invalid
  }
  // In two parts, so that whole milliseconds stay whole.
  const ms = Number(totalNs / 1_000_000n) + Number(totalNs % 1_000_000n) / 1e6
  return { ok: true, ms: isNegative ? -ms : ms }
}

/**
 * The shortest text for a finite duration: `5m`, `1h30m`, `1.5s`, `250ms`, `0s`. `parseGoDuration` gives the same number
 * back for whole milliseconds.
 */
export function formatDurationMs(ms: number): string {
  if (ms < 0) return `-${formatDurationMs(-ms)}`
  if (ms === 0) return '0s'
  if (ms < 1) return ms < 0.001 ? `${trim(ms * 1e6)}ns` : `${trim(ms * 1e3)}µs`
  if (ms < 1_000) return `${trim(ms)}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = (ms - minutes * 60_000) / 1_000
  const parts = [
    minutes >= 60 ? `${Math.floor(minutes / 60)}h` : '',
    minutes % 60 === 0 ? '' : `${minutes % 60}m`,
    seconds === 0 ? '' : `${trim(seconds)}s`,
  ]
  return parts.join('')
}

/** The part of a unit after the decimal point, cut to whole nanoseconds as in Go. */
function partOf(unitNs: bigint, fraction: string): bigint {
  return fraction === '' ? 0n : (BigInt(fraction) * unitNs) / 10n ** BigInt(fraction.length)
}

/** A nanosecond is the finest that Go knows; digits below it are arithmetic's dust. */
function trim(value: number): string {
  return String(Number(value.toFixed(9)))
}

/** Go's package time quotes bytewise, so that a log line stays one line. */
function quote(text: string): string {
  const bytes = new TextEncoder().encode(text.slice(0, durationCharactersMax))
  let quoted = ''
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`
    else if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, '0')}`
    else quoted += String.fromCharCode(byte)
  }
  return `"${quoted}"`
}
