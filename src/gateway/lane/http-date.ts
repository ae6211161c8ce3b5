import type { Clock } from '../../sys/clock.ts'

/** Gives the time for a `Date` header (RFC 9110 §5.6.7), made anew once a second. */
export function dateWriter(clock: Clock): () => string {
  let second = 0
  let text = ''
  return () => {
    const now = Math.floor(clock.wallMs() / 1_000)
    if (now !== second) {
      second = now
      text = new Date(now * 1_000).toUTCString()
    }
    return text
  }
}
