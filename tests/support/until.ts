/** Long enough for a loaded two-core machine; a condition that needs longer says so itself. */
const timeoutMsDefault = 15_000

/** Between two looks. Short, because tests wait in rows; long enough to leave the machine to those who do the work. */
const pauseMsDefault = 10

/**
 * Looks again and again until `probe` gives something other than `undefined`, `null` or `false`, and resolves with it. A
 * probe that throws counts as "not yet". After the deadline it rejects with `what` and what was seen last.
 */
export async function until<Found>(
  what: string,
  probe: () => Promise<Found> | Found,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<Found, undefined | null | false>> {
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault
  const deadlineMs = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const found = await probe()
      if (found !== undefined && found !== null && found !== false) {
        return found as Exclude<Found, undefined | null | false>
      }
      last = found
    } catch (error) {
      last = error
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${what} (last: ${String(last)})`)
    }
    await pause(options.everyMs ?? pauseMsDefault)
  }
}

/** Rejects with `what` when `promise` has not settled after `timeoutMs`. */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  timeoutMs: number = timeoutMsDefault,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms: ${what}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, forMs)
  })
}
