/** Words at the end of a model's name that say where it runs. Pure. Source: Ollama internal/modelref. */
import { OdError } from '../../core/errors/index.ts'
import { goQuote } from '../../wire/go-json/index.ts'

/** `:local` or `:cloud`, or `-cloud` at the end of a tag, in any case. */
const sourceWord = /^(.*)(:local|:cloud)$|^(.*:[^/:]*)(-cloud)$/is

/**
 * The name without blanks around it and without `:local`. Throws `OD_CLOUD_DISABLED` with `what` for a model of Ollama's cloud, which this engine is
 * not, and `OD_NAME_SOURCES` when two such words stand there.
 */
export function ownModelName(text: string, what: string): string {
  const found = splitSource(text)
  if (found?.isLocal === false) throw new OdError('OD_CLOUD_DISABLED', { what })
  return found?.name ?? text.trim()
}

/**
 * The name without `:local`; one of the cloud in the form in which a stub of it may be stored: `smol:8b:cloud` as `smol:8b-cloud`.
 * Throws `OD_NAME_SOURCES` as above.
 */
export function storedModelName(text: string): string {
  const found = splitSource(text)
  if (found === undefined) return text.trim()
  const { name, isLocal } = found
  if (isLocal) return name
  const hasTag = name.lastIndexOf(':') > name.lastIndexOf('/')
  return `${name}${hasTag ? '-' : ':'}cloud`
}

function splitSource(text: string): { name: string; isLocal: boolean } | undefined {
  const trimmed = text.trim()
  const [, beforeWord, word, beforeDash] = sourceWord.exec(trimmed) ?? []
  const name = beforeWord ?? beforeDash
  if (name === undefined) return undefined
  if (sourceWord.test(name)) throw new OdError('OD_NAME_SOURCES', { name: goQuote(trimmed) })
  return { name, isLocal: word?.toLowerCase() === ':local' }
}
