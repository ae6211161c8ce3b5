/** Times as Ollama's lists tell them. Source: Ollama format/time.go. */

const secondMs = 1_000
const hourMs = 3_600_000

/** How Go writes the time that was never set. */
const zeroTime = '0001-01-01T00:00:00Z'

/** An end so far away means that nothing is to end. */
const foreverYears = 20

/**
 * `3 minutes ago`, `4 minutes from now`, `Never` for a time that was not set, `Forever` for an end that will not come.
 * `at` is RFC 3339; `-` where it is not.
 */
export function relativeTime(at: string, nowMs: number): string {
  if (at === zeroTime) return 'Never'
  const atMs = Date.parse(at)
  if (Number.isNaN(atMs)) return '-'
  const deltaMs = nowMs - atMs
  const years = Math.trunc(Math.trunc(Math.trunc(deltaMs / hourMs) / 24) / 365)
  if (years < -foreverYears) return 'Forever'
  return deltaMs < 0 ? `${roughDuration(-deltaMs)} from now` : `${roughDuration(deltaMs)} ago`
}

/** A duration of at least 0 in the largest unit that says enough: `About a minute`, `5 hours`, `2 weeks`. */
export function roughDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / secondMs)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  const minutes = Math.floor(durationMs / (60 * secondMs))
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(durationMs / hourMs)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`
  return `${Math.floor(Math.floor(durationMs / hourMs) / 24 / 365)} years`
}
