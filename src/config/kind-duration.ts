import { z } from 'zod'
import { formatDurationMs, parseGoDuration } from '../core/duration.ts'
import type { Kind } from './kind.ts'

/** What editors can check; the bounds are checked when it is loaded. */
const spelling = /^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$/

/** A time in milliseconds, written with its unit as in Go: `30s`, `5m`, `1h30m`. Both bounds are allowed. */
export function duration(minMs: number, maxMs: number): Kind<number, 'Ms'> {
  const range = `from ${formatDurationMs(minMs)} to ${formatDurationMs(maxMs)}`
  const expected = `a duration ${range}, such as 30s, 5m or 1h`
  const withUnit = `a duration with its unit (s, m or h), ${range}`
  return {
    name: 'duration',
    suffix: 'Ms',
    expected,
    schema: z
      .string({ error: ({ input }) => (typeof input === 'number' ? withUnit : expected) })
      .regex(spelling, {
        error: ({ input }) => (/^[0-9.]+$/.test(String(input)) ? withUnit : expected),
      })
      .transform((text, context) => {
        const ms = parseGoDuration(text)
        if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms
        context.addIssue(expected)
        return z.NEVER
      }),
    fromText: (text) => text,
    spell: (ms) => formatDurationMs(ms),
  }
}
