import { isOdError, OdError } from '../../core/errors/index.ts'
import { encodeGoJson } from '../go-json/index.ts'

/** An error as Ollama answers it. */
export interface RenderedError {
  readonly status: number
  readonly message: string
  /** One JSON object `{"error":…}` without a newline. */
  readonly body: string
}

/**
 * Any error in Ollama's form (ollama-api §1.3). What is not of the catalogue becomes OD_UNEXPECTED: its own text may
 * hold a path or a prompt, and belongs into the log.
 */
export function renderOllamaError(error: unknown): RenderedError {
  const known = isOdError(error) ? error : new OdError('OD_UNEXPECTED')
  const { message } = known
  return { status: known.httpStatus, message, body: encodeGoJson({ error: message }) }
}
