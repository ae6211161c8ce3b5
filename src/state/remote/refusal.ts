import { catalogue, type ErrorCode, OdError } from '../../core/errors/index.ts'
import { refusal } from './protocol.ts'

/** The error that the serving side refused with; undefined when it says nothing that we know. */
export function refusalIn(body: unknown): OdError | undefined {
  const parsed = refusal.safeParse(body)
  if (!parsed.success || !Object.hasOwn(catalogue, parsed.data.error.code)) return undefined
  const { code, parameters } = parsed.data.error
  return new OdError(code as ErrorCode, parameters)
}

/** JSON's value; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
