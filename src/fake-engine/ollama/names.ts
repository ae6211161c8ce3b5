/** Model names as Ollama's types/model parses them: `[host/][namespace/]model[:tag]`, from the right. */

export interface ModelName {
  readonly host: string
  readonly namespace: string
  readonly model: string
  readonly tag: string
}

const defaults = { host: 'registry.ollama.ai', namespace: 'library', tag: 'latest' } as const

/** Longest of each part; characters after the first are wider than the first. */
const rules = {
  host: /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/,
  namespace: /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/,
  model: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
  tag: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/,
} as const

/** Parses a name and fills in the defaults; `undefined` when it is not valid. */
export function parseName(text: string): ModelName | undefined {
  const bare = text.replace(/^[a-z]+:\/\//i, '')
  const slash = bare.lastIndexOf('/')
  const colon = bare.lastIndexOf(':')
  const hasTag = colon > slash
  const tag = hasTag ? bare.slice(colon + 1) : defaults.tag
  const segments = (hasTag ? bare.slice(0, colon) : bare).split('/')
  const model = segments.pop() ?? ''
  const namespace = segments.pop() ?? defaults.namespace
  const host = segments.length > 0 ? segments.join('/') : defaults.host
  const name: ModelName = { host, namespace, model, tag }
  const isValid = Object.entries(rules).every(([part, rule]) =>
    rule.test(name[part as keyof ModelName]),
  )
  return isValid ? name : undefined
}

/** As lists show it: default host and namespace left out, the tag always there. */
export function shortName(name: ModelName): string {
  const withNamespace = name.host !== defaults.host || name.namespace !== defaults.namespace
  const host = name.host === defaults.host ? '' : `${name.host}/`
  const namespace = withNamespace ? `${name.namespace}/` : ''
  return `${host}${namespace}${name.model}:${name.tag}`
}

/** All four parts. */
export function fullName(name: ModelName): string {
  return `${name.host}/${name.namespace}/${name.model}:${name.tag}`
}

/** `local` and `cloud` suffixes choose where a model runs; asking for two is an error, whichever they are. */
export type Source =
  | { readonly type: 'local'; readonly name: string }
  | { readonly type: 'cloud' }
  | { readonly type: 'both' }

/** Splits the source suffix off a name: `:local`, `:cloud`, or `-cloud` at the end of a tag, in any case. */
export function sourceOf(text: string): Source {
  const first = cutSuffix(text)
  if (first === undefined) return { type: 'local', name: text }
  if (cutSuffix(first.rest) !== undefined) return { type: 'both' }
  return first.source === 'cloud' ? { type: 'cloud' } : { type: 'local', name: first.rest }
}

function cutSuffix(text: string): { rest: string; source: 'local' | 'cloud' } | undefined {
  const word = /^(.*):(local|cloud)$/is.exec(text)
  if (word !== null) {
    return { rest: word[1] ?? '', source: word[2]?.toLowerCase() === 'local' ? 'local' : 'cloud' }
  }
  const dashed = /^(.*:[^/:]*)-cloud$/is.exec(text)
  return dashed === null ? undefined : { rest: dashed[1] ?? '', source: 'cloud' }
}
