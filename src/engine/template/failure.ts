import { OdError } from '../../core/errors/index.ts'
import { limits } from './limits.ts'

/** The one error of this folder. `reason` is in the words of Go's text/template and reaches the client. */
export function invalidTemplate(reason: string, cause?: unknown): OdError {
  const text =
    reason.length > limits.reasonCharsMax ? `${reason.slice(0, limits.reasonCharsMax)}…` : reason
  return new OdError('OD_TEMPLATE_INVALID', { reason: text }, { cause })
}
