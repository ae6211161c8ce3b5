import type { ErrorCode, OdError } from '../core/errors/index.ts'
import { dialectErrorBody } from '../wire/dialect-errors.ts'
import { type Answer, errorAnswer, jsonType } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** What Ollama answers in its own form whatever the dialect of the route: it says so before it translates (ollama-api §11). */
const untranslated: ReadonlySet<ErrorCode> = new Set(['OD_CLOUD_DISABLED'])

/** An error of the catalogue in the form of the dialect that was asked. */
export function dialectErrorAnswer(error: OdError, exchange: Exchange): Answer {
  const { dialect = 'ollama' } = exchange.route ?? {}
  if (dialect === 'ollama' || untranslated.has(error.code)) return errorAnswer(error)
  const { httpStatus: status, message } = error
  const body = dialectErrorBody(dialect, { status, message, requestId: errorId(exchange) })
  // Ollama's translation refuses what it cannot read; all else its handlers say, and those errors end in a newline.
  return isOfBody(error.code)
    ? { status, contentType: jsonType, body }
    : { status, contentType: 'application/json', body: `${body}\n` }
}

/** As many digits as Ollama gives, beginning with the request's own id, which names it in the log. */
export function errorId({ id }: Exchange): string {
  return id.padEnd(24, '0')
}

function isOfBody(code: ErrorCode): boolean {
  return (
    code.startsWith('OD_EDGE_BODY') || code === 'OD_EDGE_JSON_BOUNDS' || code === 'OD_EDGE_TOO_SLOW'
  )
}
