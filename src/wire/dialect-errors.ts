import type { Dialect } from '../core/dialect.ts'
import { encodeGoJson } from './go-json/index.ts'

/** An error as a client of that dialect expects it. */
export interface DialectError {
  readonly status: number
  readonly message: string
  /** 24 hexadecimal digits; only Anthropic's form shows it. */
  readonly requestId: string
  /** By which a client of Anthropic goes on; only Anthropic's form shows it. */
  readonly details?: { readonly error_code: string }
}

/** The body of an error, without a newline. Source: Ollama openai/openai.go and anthropic/anthropic.go, `NewError` (ollama-api §1.3, §1.8, §1.9). */
export function dialectErrorBody(dialect: Dialect, error: DialectError): string {
  const { status, message, requestId, details } = error
  if (dialect === 'openai') return encodeGoJson({ error: openAiError(error) })
  if (dialect === 'ollama') return encodeGoJson({ error: message })
  const type = anthropicTypes[status] ?? 'api_error'
  return encodeGoJson({
    type: 'error',
    error: { type, message, details },
    request_id: `req_${requestId}`,
  })
}

/** The frame that ends a broken stream of OpenAI's chat and completions: their clients throw what it holds. */
export function openAiErrorFrame(error: DialectError): string {
  return `data: ${dialectErrorBody('openai', error)}\n\n`
}

/** The event that ends a broken stream of Anthropic's messages. Source: Anthropic, streaming messages, error events. */
export function anthropicErrorFrame(error: DialectError): string {
  return `event: error\ndata: ${dialectErrorBody('anthropic', error)}\n\n`
}

/**
 * The event that ends a broken stream of the Responses API. Its reference has the fields at the top, its servers and clients
 * look below `error`; both are there.
 */
export function responsesErrorFrame(error: DialectError, sequenceNumber: number): string {
  const data = encodeGoJson({
    type: 'error',
    sequence_number: sequenceNumber,
    code: 'server_error',
    message: error.message,
    param: null,
    error: openAiError(error),
  })
  return `event: error\ndata: ${data}\n\n`
}

function openAiError({ status, message }: DialectError): object {
  return { message, type: openAiTypes[status] ?? 'api_error', param: null, code: null }
}

const openAiTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  404: 'not_found_error',
}

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
}
