const dayMs = 86_400_000

/**
 * A point in time as Go prints it: RFC 3339 in UTC with up to nine digits after the second, trailing zeros cut.
 * `wallMs` is milliseconds since 1970; its fraction is kept as far as a double holds it, about 0.2 µs.
 */
export function goTimestamp(wallMs: number): string {
  const wholeMs = Math.floor(wallMs)
  const days = Math.floor(wholeMs / dayMs)
  const msOfDay = wholeMs - days * dayMs
  const second = Math.floor(msOfDay / 1_000)
  const clock = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60]
  const ns = (msOfDay % 1_000) * 1e6 + Math.min(Math.round((wallMs - wholeMs) * 1e6), 999_999)
  const fraction = ns === 0 ? '' : `.${String(ns).padStart(9, '0').replace(/0+$/, '')}`
  return `${isoDate(days)}T${clock.map(twoDigits).join(':')}${fraction}Z`
}

/** Whole nanoseconds of a duration in milliseconds; what Ollama calls a duration on the wire. */
export function goDuration(durationMs: number): number {
  return Math.round(durationMs * 1e6)
}

/** The Gregorian date `days` after 1970-01-01. Years begin in March, so that the leap day ends one. */
function isoDate(days: number): string {
  const sinceMarchOf0 = days + 719_468
  const era = Math.floor(sinceMarchOf0 / 146_097)
  const dayOfEra = sinceMarchOf0 - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
