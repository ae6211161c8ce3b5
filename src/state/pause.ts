import type { Clock } from '../sys/clock.ts'

/** Resolves after the time, or when the signal fires. */
export function pause(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      cancel()
      signal.removeEventListener('abort', settle)
      resolve()
    }
    const cancel = clock.after(forMs, settle)
    signal.addEventListener('abort', settle)
    if (signal.aborted) settle()
  })
}
