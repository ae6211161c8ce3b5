import { type Answer, beginAnswer, requestIdHeader } from './answer.ts'
import { readBody } from './body.ts'
import type { GatewayContext } from './context.ts'
import type { Exchange } from './exchange.ts'
import type { Feed, ManagementRequest } from './management.ts'

type Asked = Pick<ManagementRequest, 'path' | 'parameters' | 'query'> & {
  readonly hasBody: boolean
}

/** Asks the management API. Undefined when the answer is a stream of events, which has begun then. */
export async function answerManagement(
  exchange: Exchange,
  { hasBody, ...asked }: Asked,
  context: GatewayContext,
): Promise<Answer | undefined> {
  const { request } = exchange
  const body = hasBody
    ? await readBody(exchange, context.limits.managementBodyBytesMax, context)
    : new Uint8Array()
  const lastEventId = request.headers['last-event-id']
  const answer = await context.management.answer({
    ...asked,
    method: request.method ?? '',
    body,
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
  })
  if (!('begin' in answer)) return answer
  sendFeed(exchange, answer, context)
  return undefined
}

/**
 * Sends events as they happen, until they end, the client leaves, or the node stops. A reader that lets more than
 * `feedBytesMax` pile up is cut: it comes back with `Last-Event-ID` and misses nothing that is still kept.
 */
function sendFeed(exchange: Exchange, feed: Feed, { feeds, limits, log }: GatewayContext): void {
  const { response, id } = exchange
  if (response.destroyed) return
  const headers = ['Content-Type', 'text/event-stream', 'Cache-Control', 'no-store']
  beginAnswer(exchange, 200, [...headers, requestIdHeader, id], true)
  response.flushHeaders()
  let isOver = false
  const send = (text: string) => {
    if (isOver) return
    response.write(text)
    exchange.bodyBytes += Buffer.byteLength(text)
    if (response.writableLength <= limits.feedBytesMax) return
    log.info({ requestId: id, heldBytes: response.writableLength }, 'feed.cut')
    response.destroy()
  }
  const end = () => {
    if (!isOver) response.end()
  }
  feeds.add(end)
  const stop = feed.begin(send, end)
  response.once('close', () => {
    isOver = true
    feeds.delete(end)
    stop()
  })
}
