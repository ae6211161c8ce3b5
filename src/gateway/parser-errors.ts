import { METHODS } from 'node:http'
import { encodeGoJson } from '../wire/go-json/index.ts'
import {
  brokenBody,
  type ParserError,
  requestOfUnknownMethod,
  saysClose,
  unreadableBytes,
} from '../wire/http/unreadable.ts'
import { type Answer, jsonType, refusal, unreadableAnswer } from './answer.ts'
import type { ClientRequest } from './client.ts'
import { answerMismatch, headersTooLarge } from './edge.ts'
import type { GatewayLimits } from './limits.ts'
import { routes } from './routes.ts'
import { matchTarget } from './target.ts'

/**
 * The answer to bytes that Node's HTTP parser refused: too long headers, a request that took too long, a method that it
 * does not know, anything that is not HTTP or says in two ways where its body ends.
 */
export function answerParserError(error: ParserError, limits: GatewayLimits): Answer {
  if (error.code === 'HPE_HEADER_OVERFLOW') return headersTooLarge(limits)
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return refusal('OD_EDGE_TOO_SLOW')
  const invented = answerInventedMethod(error, limits)
  return invented ?? unreadableAnswer(unreadableBytes(error))
}

/** The same where a request had been read and its body broke: to Ollama that is a fault of the JSON in it. */
export function answerBrokenBody(
  error: ParserError,
  { headers }: ClientRequest,
  limits: GatewayLimits,
): Answer {
  const text = brokenBody(error)
  if (text === undefined) return answerParserError(error, limits)
  const body = encodeGoJson({ error: text })
  return { status: 400, contentType: jsonType, body, closes: saysClose(error, headers) }
}

/** To Ollama a method of the client's invention is a wrong one like any other. Undefined when the method is not at fault. */
function answerInventedMethod(error: ParserError, limits: GatewayLimits): Answer | undefined {
  const asked = requestOfUnknownMethod(error, limits.urlBytesMax)
  if (asked === undefined || METHODS.includes(asked.method)) return undefined
  const match = matchTarget(asked.method, asked.target, routes)
  return match.type === 'route' ? undefined : answerMismatch(match, asked.method)
}
