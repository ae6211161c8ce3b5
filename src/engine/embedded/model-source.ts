/** Words at the end of a model's name that say where it runs. Pure. Source: Ollama internal/modelref. */
import { OdError } from '../../core/errors/index.ts'
import { goQuote } from '../../wire/go-json/index.ts'

/** `:local` or `:cloud`, or `-cloud` at the end of a tag, in any case. */
const sourceWord = /^(.*)(:local|:cloud)$|^(.*:[^/:]*)(-cloud)$/is

/**
 * The name without `:local`. Throws `OD_CLOUD_DISABLED` with `what` for a model of Ollama's cloud, which this engine is
 * not, and `OD_NAME_SOURCES` when two such words stand there.
 */
export function ownModelName(text: string, what: string): string {
  const [, beforeWord, word, beforeDash] = sourceWord.exec(text) ?? []
  const rest = beforeWord ?? beforeDash
  if (rest === undefined) return text
  if (sourceWord.test(rest)) throw new OdError('OD_NAME_SOURCES', { name: goQuote(text) })
  if (word?.toLowerCase() !== ':local') throw new OdError('OD_CLOUD_DISABLED', { what })
  return rest
}
