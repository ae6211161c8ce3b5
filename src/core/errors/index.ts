/** Every failure has a code, a status, a text and a remedy; all of them stand in the catalogue. */
export { catalogue, type ErrorCode } from './catalogue.ts'
export type { ErrorEntry } from './entry.ts'
export { type ErrorParameters, isOdError, OdError } from './od-error.ts'
