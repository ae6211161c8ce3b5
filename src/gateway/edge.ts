import { isDigestText } from '../core/digest.ts'
import { type ErrorCode, isOdError, OdError } from '../core/errors/index.ts'
import { admit } from '../wire/http/admission.ts'
import { redirectPage } from '../wire/http/redirect-page.ts'
import { badRequest, unreadableHead } from '../wire/http/unreadable.ts'
import { relayAccount } from './account.ts'
import { type Answer, type FileAnswer, refusal, sendAnswer, unreadableAnswer } from './answer.ts'
import { findAnswerers } from './answerers.ts'
import { relayImport } from './archives.ts'
import { relayBlob } from './blobs.ts'
import { readBody, receiveBody, releaseBody } from './body.ts'
import { changeEverywhere } from './changes.ts'
import type { ClientRequest } from './client.ts'
import type { GatewayContext } from './context.ts'
import { relayCreate } from './creates.ts'
import { scanned } from './engine-body.ts'
import { dialectErrorAnswer } from './error-answers.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayLimits } from './limits.ts'
import { answerLocally } from './local-answers.ts'
import { answerManagement } from './management-answers.ts'
import { answerRegistry } from './registry/registry.ts'
import { relayPull, relayPush } from './registry-work.ts'
import { relay } from './relay.ts'
import { checkRelayedBody } from './relayed-body.ts'
import { type Match, matchTarget } from './target.ts'
import { isPlainJson, readWish } from './wish.ts'

/** Status of a request whose client left before the answer; nobody reads it but the log. Ollama logs the same. */
const statusClientLeft = 499

/**
 * The one choke point: every request of both planes passes here before anything else looks at it, and leaves with one
 * line in the log. The table of routes decides what exists and how large a body may be.
 */
export async function takeRequest(exchange: Exchange, context: GatewayContext): Promise<void> {
  const { limits, log } = context
  const { id, request, response } = exchange
  response.on('close', () => {
    logFinished(exchange, context)
    if (!response.writableFinished) for (const action of exchange.whenLeft) action()
  })
  const send = (answer: Answer | FileAnswer) => sendAnswer(exchange, answer, context)
  const refused = context.isStopping() ? refusal('OD_EDGE_STOPPING') : checkHead(request, limits)
  if (refused !== undefined) return send(refused)
  const match = matchTarget(request.method ?? '', request.url ?? '', context.routes)
  // Malformed and redirected requests end before anyone looks at who sent them, as in Ollama: nothing is done for them.
  if (endsEarly(match)) return send(answerMismatch(match, request.method ?? ''))
  const turnedAway = checkSender(exchange, match, context)
  if (turnedAway !== undefined) return send(turnedAway)
  if (match.type !== 'route') return send(answerMismatch(match, request.method ?? ''))
  exchange.route = match.route
  try {
    const answer = await answerRoute(exchange, match, context)
    if (answer !== undefined) send(answer)
  } catch (error) {
    if (!isOdError(error)) {
      log.error(
        { requestId: id, error: error instanceof Error ? error.stack : error },
        'request.bug',
      )
    }
    // As Ollama answers a panic: 500 without a word, or a broken connection once bytes are out. The log has the cause.
    if (response.headersSent) response.destroy()
    else send(isOdError(error) ? errorAnswerOf(error, exchange) : { status: 500, body: '' })
  }
}

/** Undefined when the answer has gone out already, relayed. */
async function answerRoute(
  exchange: Exchange,
  { route, query, parameters }: Extract<Match, { type: 'route' }>,
  context: GatewayContext,
): Promise<Answer | FileAnswer | undefined> {
  const { handling, bodyLimit } = route
  switch (handling.type) {
    case 'relay':
    case 'create':
    case 'pull':
    case 'push':
    case 'change': {
      const bytesMax = bodyLimit === 'clientBodyBytesMax' ? context.limits[bodyLimit] : 0
      const { headers } = exchange.request
      const expected = { bytesMax, isJson: isPlainJson(route, headers) }
      const body = await receiveBody(exchange, expected, context)
      try {
        const wish = await readWish(route, { query, headers, body: scanned(body) })
        if (wish.json !== undefined) checkRelayedBody(route.path, wish.json)
        const mayAnswer = findAnswerers(route, wish, context)
        const request = { path: `${route.path}${query}`, body, wish, mayAnswer }
        if (handling.type === 'relay') await relay(exchange, request, context)
        else if (handling.type === 'create') await relayCreate(exchange, request, context)
        else if (handling.type === 'pull') await relayPull(exchange, request, context)
        else if (handling.type === 'push') await relayPush(exchange, request, context)
        else await changeEverywhere(exchange, request, context)
      } finally {
        releaseBody(body, context.spool)
      }
      return undefined
    }
    case 'account': {
      const body = await readBody(exchange, context.limits.heldBodyBytesMax, context)
      await relayAccount(exchange, { handling, parameters, query, body }, context)
      return undefined
    }
    case 'blob': {
      const { digest = '' } = parameters
      if (!isDigestText(digest)) throw new OdError('OD_DIGEST_FORMAT')
      await relayBlob(exchange, `/api/blobs/${digest}${query}`, context)
      return undefined
    }
    case 'import':
      await relayImport(exchange, `${route.path}${query}`, context)
      return undefined
    case 'registry':
      return answerRegistry(exchange, { read: handling.read, parameters }, context)
    case 'management': {
      const hasBody = bodyLimit !== 'none'
      return answerManagement(exchange, { path: route.path, parameters, query, hasBody }, context)
    }
    default:
      return answerLocally(exchange, { handling, parameters }, context)
  }
}

/** What can be refused before the request line is looked at, and Node's parser lets pass. */
function checkHead(request: ClientRequest, limits: GatewayLimits): Answer | undefined {
  const { rawHeaders, headers, url = '' } = request
  if (rawHeaders.length / 2 > limits.headerFieldsMax) return headersTooLarge(limits)
  if (url.length > limits.urlBytesMax) {
    return refusal('OD_EDGE_URL_TOO_LONG', { limitBytes: limits.urlBytesMax })
  }
  const unreadable = unreadableHead(request)
  if (unreadable !== undefined) return unreadableAnswer(unreadable)
  const expects = headers.expect?.toLowerCase()
  if (expects === undefined || expects === '100-continue') return undefined
  return { status: 417, body: '', closes: true } // as Go's server: RFC 9110 §10.1.1
}

/** Undefined when the sender may go on; its answer then bears what lets a page read it. */
function checkSender(
  exchange: Exchange,
  match: Match,
  { listener }: GatewayContext,
): Answer | undefined {
  const { method = '', headers } = exchange.request
  const admission = admit({ method, host: headers.host, origin: headers.origin }, listener)
  exchange.grants = admission.headers
  if (admission.type === 'admitted') return undefined
  const allow = match.type === 'wrong-method' ? ['Allow', match.allow] : []
  return { status: admission.type === 'done' ? 204 : 403, body: '', headers: allow }
}

type EarlyEnd = Extract<Match, { type: 'malformed' | 'redirect' | 'server' }>

function endsEarly(match: Match): match is EarlyEnd {
  return match.type === 'malformed' || match.type === 'redirect' || match.type === 'server'
}

/** The refusal of too many or too long header fields. */
export function headersTooLarge(limits: GatewayLimits): Answer {
  return refusal('OD_EDGE_HEADERS_TOO_LARGE', {
    limitCount: limits.headerFieldsMax,
    limitBytes: limits.headerBytesMax,
  })
}

/** What gin says of a path that does not exist. */
export const notFoundAnswer: Answer = {
  status: 404,
  contentType: 'text/plain',
  body: '404 page not found',
}

/** Texts, types and bodies as gin and Go's server give them (ollama-api §2.14). */
export function answerMismatch(match: Exclude<Match, { type: 'route' }>, method: string): Answer {
  if (match.type === 'malformed') return unreadableAnswer(badRequest())
  if (match.type === 'server') return { status: 200, body: '' }
  if (match.type === 'redirect') return answerRedirect(match.status, match.location, method)
  if (match.type === 'unknown') return notFoundAnswer
  const headers = ['Allow', match.allow]
  return { status: 405, contentType: 'text/plain', body: '405 method not allowed', headers }
}

function answerRedirect(status: 301 | 307, location: string, method: string): Answer {
  const headers = ['Location', location]
  if (method !== 'GET' && method !== 'HEAD') return { status, body: '', headers }
  const body = method === 'GET' ? redirectPage(status, location) : ''
  return { status, contentType: 'text/html; charset=utf-8', body, headers }
}

/** Errors of a body that is not read to its end: the connection cannot go on. */
const unreadCodes = new Set<ErrorCode>([
  'OD_EDGE_BODY_TOO_LARGE',
  'OD_EDGE_TOO_SLOW',
  'OD_BODIES_FULL',
  'OD_BODY_DISK_FULL',
  'OD_BODY_DISK_FAILED',
])

function errorAnswerOf(error: OdError, exchange: Exchange): Answer {
  return { ...dialectErrorAnswer(error, exchange), closes: unreadCodes.has(error.code) }
}

function logFinished(exchange: Exchange, { clock, log }: GatewayContext): void {
  const {
    id,
    request,
    response,
    route,
    engine,
    model,
    startedMs,
    bodyBytes,
    refusal: broken,
  } = exchange
  const fields = {
    requestId: id,
    method: request.method,
    path: route?.path,
    status: broken?.status ?? (response.headersSent ? response.statusCode : statusClientLeft),
    durationMs: Math.round((clock.nowMs() - startedMs) * 1000) / 1000,
    bytes: bodyBytes,
    engine,
    model,
    isWhole: response.writableFinished,
    cause: broken?.cause,
  }
  log.info(fields, 'request.finished')
}
