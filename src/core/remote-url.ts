import { OdError } from './errors/index.ts'

/** Where Ollama listens when nobody says otherwise. */
const portDefault = '11434'

/** A longer one is no address. */
const charactersMax = 300

/**
 * The origin of a remote engine: `nas`, `nas:11434` and `http://nas:11434/` are the same. A scheme brings its own port, as
 * it does for Ollama's clients. Throws `OD_ENGINE_URL` for anything with a path, an account or another scheme.
 */
export function readRemoteUrl(text: string): string {
  const refuse = (reason: string) => new OdError('OD_ENGINE_URL', { reason })
  if (text.length > charactersMax) throw refuse(`it is longer than ${charactersMax} characters`)
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const url = URL.parse(hasScheme ? text : `http://${text}`)
  if (url === null || url.hostname === '') throw refuse(`${JSON.stringify(text)} cannot be read`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refuse('it is not http or https')
  if (url.username !== '' || url.password !== '') throw refuse('it holds an account')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw refuse('it has a path')
  if (!hasScheme && url.port === '' && !text.endsWith(':80')) url.port = portDefault
  return url.origin
}

/** A name for the engine at an origin: its host, in the letters that names have. */
export function nameOfRemote(origin: string): string {
  const { hostname } = new URL(origin)
  const letters = hostname.replaceAll(/[^a-z0-9._-]+/gi, '-')
  return letters.replace(/^[^a-z0-9]+/i, '').slice(0, 64)
}
