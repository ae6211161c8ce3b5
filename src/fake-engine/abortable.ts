import type { Clock } from '../sys/clock.ts'

/** Whoever waited for this is gone. */
export class Gone extends Error {}

/**
 * Waits for something that a leaving client ends. `begin` gets the function that ends the wait and returns what undoes
 * the waiting; on abort that is called and `Gone` thrown.
 */
export async function abortable(
  signal: AbortSignal,
  begin: (resolve: () => void) => () => void,
): Promise<void> {
  if (signal.aborted) throw new Gone()
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      undo()
      reject(new Gone())
    }
    const undo = begin(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort)
  })
}

/** Waits so many milliseconds. Throws `Gone`. */
export async function delay(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new Gone()
  if (forMs <= 0) return
  await abortable(signal, (resolve) => clock.after(forMs, resolve))
}

/** Lets other requests, and what was written, have their turn. */
export function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
