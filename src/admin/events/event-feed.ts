/** Events as a stream of server-sent events. Source: WHATWG HTML, section 9.2. */
import type { Clock } from '../../sys/clock.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import type { ApiFeed } from '../api/route.ts'
import { formatUtc } from '../node-status.ts'
import type { EventLog, NodeEvent } from './event-log.ts'

/** A comment is sent as often, so that a balancer in between does not take the stream for dead; most wait a minute. */
const heartbeatMs = 15_000

/**
 * The node's events from now on, or after the one with that id. What is not kept any more is told by one `gap` event, which
 * has no id, so that a reader does not resume from it.
 */
export function eventFeed(
  { events, clock }: { events: EventLog; clock: Clock },
  lastEventId: string | undefined,
): ApiFeed {
  return {
    begin(send) {
      const beats = startHeartbeat(send, clock)
      if (lastEventId !== undefined) {
        const missed = events.after(lastEventId)
        if (missed.hasGap) send(sseText({ event: 'gap', data: { after: lastEventId } }))
        for (const event of missed.events) send(eventText(event))
      }
      const stop = events.listen((event) => send(eventText(event)))
      return () => {
        beats()
        stop()
      }
    },
  }
}

/** One event of a stream. `data` is one line, because JSON is written without line feeds. */
export function sseText(of: { id?: string; event: string; data: object }): string {
  const id = of.id === undefined ? '' : `id: ${of.id}\n`
  return `${id}event: ${of.event}\ndata: ${encodeGoJson(of.data)}\n\n`
}

/** Sends a comment at once, which opens the stream for its reader, and then again and again. Returns what ends it. */
export function startHeartbeat(send: (text: string) => void, clock: Clock): () => void {
  let cancel = (): void => {}
  const beat = () => {
    send(':\n\n')
    cancel = clock.after(heartbeatMs, beat)
  }
  beat()
  return () => cancel()
}

function eventText({ id, atMs, type, data }: NodeEvent): string {
  return sseText({ id, event: type, data: { at: formatUtc(atMs), ...data } })
}
