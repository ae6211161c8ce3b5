import { encodeGoJson } from '../../../wire/go-json/index.ts'
import type { TransferLine } from '../ports.ts'

/** The JSON text of a line of progress. Go leaves numbers out that are zero. */
export function transferLineText({ status, digest, total, completed }: TransferLine): string {
  const numbers = { total: total || undefined, completed: completed || undefined }
  return encodeGoJson({ status, digest, ...numbers })
}
