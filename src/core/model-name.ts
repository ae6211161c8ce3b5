/**
 * Model names: `[host/][namespace/]model[:tag]`. Source: Ollama types/model/name.go; every valid name there is valid
 * here and the other way round. A valid part never starts with a dot or holds a slash, so it is safe as a path segment.
 */

/** The four parts, spelt as they were given; defaults filled in. */
export interface ModelName {
  readonly host: string
  readonly namespace: string
  readonly model: string
  readonly tag: string
}

/** What a name stands for where it says nothing. */
const defaultName = {
  host: 'registry.ollama.ai',
  namespace: 'library',
  tag: 'latest',
} as const

const partPatterns = {
  host: /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/,
  namespace: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/,
  model: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
} as const

/** Longest text with all four parts at their longest and a scheme in front; longer ones are not looked at. */
const nameCharactersMax = 1_024

/** Stands where a separator promised a part that is not there; never valid, as `!` is no letter of any part. */
const missing = '!'

/** The name's parts, or undefined when it is not valid. Surrounding blanks are the caller's to trim. */
export function parseModelName(text: string): ModelName | undefined {
  if (text.length > nameCharactersMax) return undefined
  const parts = splitFromRight(text)
  const name: ModelName = {
    host: parts.host || defaultName.host,
    namespace: parts.namespace || defaultName.namespace,
    model: parts.model,
    tag: parts.tag || defaultName.tag,
  }
  const isValid =
    partPatterns.host.test(name.host) &&
    partPatterns.namespace.test(name.namespace) &&
    partPatterns.model.test(name.model) &&
    partPatterns.tag.test(name.tag)
  return isValid ? name : undefined
}

/**
 * All four parts of a text that is no valid name, as Ollama shows it in its complaint: with defaults, and `!MISSING!` where a
 * separator promised a part. Undefined for a text that is too long to be looked at.
 */
export function qualifiedText(text: string): string | undefined {
  if (text.length > nameCharactersMax) return undefined
  const { host, namespace, model, tag } = splitFromRight(text)
  const shown = (part: string, otherwise: string) =>
    part === missing ? '!MISSING!' : part || otherwise
  const path = [shown(host, defaultName.host), shown(namespace, defaultName.namespace)]
  return `${path.join('/')}/${shown(model, '')}:${shown(tag, defaultName.tag)}`
}

/** The shortest form that means the same; the tag is always shown. What `/api/tags` and `/api/ps` print. */
export function displayName(name: ModelName): string {
  const { host, namespace, model, tag } = name
  const end = `${model}:${tag}`
  if (host.toLowerCase() !== defaultName.host) return `${host}/${namespace}/${end}`
  return namespace.toLowerCase() === defaultName.namespace ? end : `${namespace}/${end}`
}

/** All four parts, as they are spelt. */
export function qualifiedName({ host, namespace, model, tag }: ModelName): string {
  return `${host}/${namespace}/${model}:${tag}`
}

/** All four parts in lower case: two spellings of one model give the same text. For comparison, never for display. */
export function canonicalName(name: ModelName): string {
  return qualifiedName(name).toLowerCase()
}

/** Path segments of the manifest below the store's `manifests` folder: host, namespace, model, tag. */
export function manifestPath(
  name: ModelName,
): readonly [host: string, namespace: string, model: string, tag: string] {
  return [name.host, name.namespace, name.model, name.tag]
}

/** A `:` after the last `/` starts the tag; then, from the right: model, namespace, and the rest is the host. */
function splitFromRight(text: string): ModelName {
  let rest = text
  let tag = ''
  if (rest.lastIndexOf(':') > rest.lastIndexOf('/')) [rest, tag] = cutLast(rest, ':')
  if (!rest.includes('/')) return { host: '', namespace: '', model: rest, tag }
  let model = ''
  ;[rest, model] = cutLast(rest, '/')
  if (!rest.includes('/')) return { host: '', namespace: rest, model, tag }
  const [before, namespace] = cutLast(rest, '/')
  const scheme = before.indexOf('://')
  return { host: scheme < 0 ? before : before.slice(scheme + 3), namespace, model, tag }
}

function cutLast(text: string, separator: string): [before: string, after: string] {
  const at = text.lastIndexOf(separator)
  return [text.slice(0, at) || missing, text.slice(at + 1) || missing]
}
