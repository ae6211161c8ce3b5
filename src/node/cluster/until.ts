import type { Clock } from '../../sys/clock.ts'

/** Resolves when it is so, looked at after each change, and at the latest after `timeoutMs`. */
export function untilSo(
  isSo: () => boolean,
  {
    clock,
    onChange,
    timeoutMs,
  }: {
    readonly clock: Clock
    readonly onChange: (listener: () => void) => () => void
    readonly timeoutMs: number
  },
): Promise<void> {
  if (isSo()) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      end()
      resolve()
    }
    const cancel = clock.after(timeoutMs, done)
    const end = onChange(() => {
      if (isSo()) done()
    })
  })
}
