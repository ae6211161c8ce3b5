import { catalogue, type ErrorCode } from './catalogue.ts'
import type { ErrorEntry } from './entry.ts'

/** Values for the `{name}` places of an entry's text and remedy. */
export type ErrorParameters = Readonly<Record<string, string | number>>

const brand = Symbol.for('ollama-distributed.error')

/**
 * The one error class of this program. `message` and `remedy` may be shown to anyone; `detail` and `cause` go to the
 * log only.
 */
export class OdError extends Error {
  readonly [brand] = true
  override readonly name = 'OdError'
  readonly code: ErrorCode
  /** What filled the places, so that another node can make the same error again. */
  readonly parameters: ErrorParameters
  /** HTTP status; 500 where the catalogue gives none. */
  readonly httpStatus: number
  readonly retryable: boolean
  readonly remedy: string
  readonly detail: string | undefined

  constructor(
    code: ErrorCode,
    parameters: ErrorParameters = {},
    private_: { cause?: unknown; detail?: string } = {},
  ) {
    const entry: ErrorEntry = catalogue[code]
    super(fill(entry.text, parameters), { cause: private_.cause })
    this.code = code
    this.parameters = parameters
    this.httpStatus = entry.status ?? 500
    this.retryable = entry.retryable
    this.remedy = fill(entry.remedy, parameters)
    this.detail = private_.detail
  }
}

/** True for an `OdError` of any copy of this package (undici and execa recognise theirs the same way). */
export function isOdError(value: unknown): value is OdError {
  return typeof value === 'object' && value !== null && brand in value
}

function fill(text: string, parameters: ErrorParameters): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name: string) => String(parameters[name] ?? place))
}
