/** Words at the end of a model's name that say where it runs. Pure. Source: Ollama internal/modelref. */
import { OdError } from '../../core/errors/index.ts'
import { goQuote } from '../go-json/index.ts'

/** `:local` or `:cloud`, or `-cloud` at the end of a tag, in any case. */
const sourceWord = /^(.*)(:local|:cloud)$|^(.*:[^/:]*)(-cloud)$/is

/**
 * The name without blanks around it and without `:local`. Throws `OD_CLOUD_DISABLED` with `what` for a model of Ollama's cloud,
 * and `OD_NAME_SOURCES` when two such words stand there.
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

/** What a model of the cloud is called there; undefined for any other name. Throws `OD_NAME_SOURCES` as above. */
export function nameInCloud(text: string): string | undefined {
  const found = splitSource(text)
  return found?.isLocal === false ? found.name : undefined
}

/** The name under which an engine looks for a model: without blanks around it and without `:local`. Never throws. */
export function lookedUpName(text: string): string {
  const trimmed = text.trim()
  const found = cutSource(trimmed)
  return found?.isLocal === true ? found.name : trimmed
}

/** True for a name of Ollama's cloud; false for one with two such words, which is no name. */
export function isCloudName(text: string): boolean {
  const found = cutSource(text.trim())
  return found?.isLocal === false && !sourceWord.test(found.name)
}

function splitSource(text: string): Cut | undefined {
  const trimmed = text.trim()
  const found = cutSource(trimmed)
  if (found === undefined || !sourceWord.test(found.name)) return found
  throw new OdError('OD_NAME_SOURCES', { name: goQuote(trimmed) })
}

interface Cut {
  readonly name: string
  readonly isLocal: boolean
}

function cutSource(trimmed: string): Cut | undefined {
  const [, beforeWord, word, beforeDash] = sourceWord.exec(trimmed) ?? []
  const name = beforeWord ?? beforeDash
  return name === undefined ? undefined : { name, isLocal: word?.toLowerCase() === ':local' }
}
