import { encodeGoJson } from '../go-json/index.ts'

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
}

/** An error as Anthropic's routes answer it, without a newline. Source: Ollama anthropic/anthropic.go, NewError. */
export function anthropicError(
  status: number,
  message: string,
  ports: { randomHex(bytes: number): string },
): string {
  return encodeGoJson({
    type: 'error',
    error: { type: types[status] ?? 'api_error', message },
    request_id: anthropicId('req', ports),
  })
}

/** As Ollama makes them: 24 hexadecimal digits behind what the id is of. */
export function anthropicId(
  prefix: 'req' | 'msg',
  { randomHex }: { randomHex(bytes: number): string },
): string {
  return `${prefix}_${randomHex(12)}`
}
