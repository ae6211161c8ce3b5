import type { ZodType } from 'zod'
import { OdError } from '../../../core/errors/index.ts'

/** The body of a request to a hook. Throws `OD_HOOK_BODY`. */
export function readHookBody<Value>(body: Uint8Array, schema: ZodType<Value>): Value {
  const result = schema.safeParse(parsed(body))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue === undefined ? 'body' : issue.path.join('.') || 'body'
  throw new OdError('OD_HOOK_BODY', { reason: `${where}: ${issue?.message ?? 'malformed'}` })
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new OdError('OD_HOOK_BODY', { reason: 'it is no JSON' })
  }
}
