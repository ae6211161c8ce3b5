import { onTestFinished } from 'vitest'

/** An event of `/api/v1/events`, its data beside its type. */
export interface ToldEvent {
  readonly type: string
  readonly at: string
  readonly engine?: string
  readonly state?: string
  readonly reason?: string
}

/**
 * Listens to a node until the test ends. Gives what was told so far. The node tells first what it keeps of earlier events, so
 * that none is missed.
 */
export async function listen(gateway: string): Promise<() => ToldEvent[]> {
  const leaving = new AbortController()
  const response = await fetch(`${gateway}/api/v1/events`, {
    headers: { 'last-event-id': 'none' },
    signal: leaving.signal,
  })
  let told = ''
  const read = async () => {
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) told += text
  }
  const ended = read().catch(() => undefined) // it is left
  onTestFinished(async () => {
    leaving.abort()
    await ended
  })
  return () =>
    [...told.matchAll(/^event: (\S+)\ndata: (.*)\n\n/gm)].map(([, type = '', data = '']) => ({
      type,
      ...(JSON.parse(data) as Omit<ToldEvent, 'type'>),
    }))
}
