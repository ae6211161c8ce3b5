/** Columns that the lists of models share. */
import { formatByteSize } from '../core/byte-size.ts'
import type { ApiObject } from './gateway-client.ts'
import { numberField, textField } from './ndjson.ts'

/** True for a model whose name begins with the prefix, whatever the case of the letters. */
export function hasPrefix(model: ApiObject, prefix: string): boolean {
  return textField(model, 'name').toLowerCase().startsWith(prefix.toLowerCase())
}

/** The first 12 digits of the manifest's digest, which tell models apart well enough for people. */
export function shortId(model: ApiObject): string {
  return textField(model, 'digest')
    .replace(/^sha256:/, '')
    .slice(0, 12)
}

/** Bytes on disk or in memory; a dash where they are not told. */
export function sizeText(model: ApiObject): string {
  const bytes = numberField(model, 'size')
  return bytes === undefined ? '-' : formatByteSize(bytes)
}
