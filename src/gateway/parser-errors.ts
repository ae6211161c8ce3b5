import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Answer, refusal, requestIdHeader } from './answer.ts'
import { headersTooLarge } from './edge.ts'
import type { GatewayLimits } from './limits.ts'

/**
 * The answer to bytes that Node's HTTP parser refused: too long headers, a request that took too long, anything that is
 * not HTTP or says in two ways where its body ends.
 */
export function answerParserError(code: string | undefined, limits: GatewayLimits): Answer {
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge(limits)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return refusal('OD_EDGE_TOO_SLOW')
  return refusal('OD_EDGE_MALFORMED')
}

/** Writes an answer onto a connection for which no request exists, and ends it. */
export function writeRawAnswer(socket: Duplex, answer: Answer, requestId: string): void {
  const head = [
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`,
    `Content-Type: ${answer.contentType ?? ''}`,
    `${requestIdHeader}: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(answer.body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${answer.body}`)
}
