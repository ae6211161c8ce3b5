import { ClientGone } from './failure.ts'

/**
 * Waits for something that a client's leaving ends. `begin` gets the function that ends the wait and returns what undoes
 * the waiting; on abort that is called and `ClientGone` thrown.
 */
export async function abortable(
  signal: AbortSignal,
  begin: (resolve: () => void) => () => void,
): Promise<void> {
  if (signal.aborted) throw new ClientGone()
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      undo()
      reject(new ClientGone())
    }
    const undo = begin(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort)
  })
}

/** Waits so many milliseconds. */
export async function delay(forMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new ClientGone()
  if (forMs <= 0) return
  await abortable(signal, (resolve) => {
    const timer = setTimeout(resolve, forMs)
    return () => clearTimeout(timer)
  })
}

/** Lets other requests, and what was written, have their turn. */
export function otherWork(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
