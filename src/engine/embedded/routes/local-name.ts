import { OdError } from '../../../core/errors/index.ts'
import { goQuote } from '../../../wire/go-json/index.ts'

/**
 * The name without `:local`, which says that a model of this machine is meant. Throws `OD_NAME_SOURCES` when two such words stand at
 * its end. Source: Ollama internal/modelref.
 */
export function localName(text: string): string {
  if (/:(local|cloud):(local|cloud)$/.test(text)) {
    throw new OdError('OD_NAME_SOURCES', { name: goQuote(text) })
  }
  return text.endsWith(':local') ? text.slice(0, -':local'.length) : text
}
