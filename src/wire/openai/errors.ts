import { encodeGoJson } from '../go-json/index.ts'

/** An error as the OpenAI routes of Ollama answer it, without a newline. Source: Ollama openai/openai.go, NewError. */
export function openaiError(status: number, message: string): string {
  return encodeGoJson({ error: { message, type: typeOf(status), param: null, code: null } })
}

function typeOf(status: number): string {
  if (status === 400) return 'invalid_request_error'
  return status === 404 ? 'not_found_error' : 'api_error'
}
