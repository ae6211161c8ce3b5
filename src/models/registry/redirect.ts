/** Where an answer sends its asker. */
import { OdError } from '../../core/errors/index.ts'
import type { Answer } from './transport.ts'

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/**
 * The next address; undefined when this answer is the last. A 200 that says `Location` counts: registries for Ollama answer so
 * (ollama-api §4.1). Throws `OD_REGISTRY_REDIRECT` for an address that is none, for one with an account, for other
 * schemes, and for plain HTTP after HTTPS unless `insecure`.
 */
export function locationOf(answer: Answer, from: URL, insecure: boolean): URL | undefined {
  const { location } = answer.headers
  const isRedirect = redirects.has(answer.statusCode)
  if (typeof location !== 'string') {
    if (isRedirect) throw refuse(from, 'it names no address')
    return undefined
  }
  if (!isRedirect && answer.statusCode !== 200) return undefined
  if (!isRedirect && URL.parse(location, from.href)?.href === from.href) return undefined
  return checkedPlace(location, from, insecure)
}

/**
 * Where an upload goes on; undefined when the answer names no place. Registries for Ollama say it in a header of their own, beside
 * a `Location` for the bytes (ollama-api §4.3). Throws as `locationOf`.
 */
export function uploadPlaceOf(answer: Answer, from: URL, insecure: boolean): URL | undefined {
  const place = answer.headers['docker-upload-location'] ?? answer.headers['location']
  return typeof place === 'string' ? checkedPlace(place, from, insecure) : undefined
}

function checkedPlace(location: string, from: URL, insecure: boolean): URL {
  const url = URL.parse(location, from.href)
  if (url === null) throw refuse(from, 'the address cannot be read')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw refuse(from, 'neither HTTP nor HTTPS')
  }
  if (url.protocol === 'http:' && !insecure) throw refuse(from, 'plain HTTP')
  if (url.username !== '' || url.password !== '') throw refuse(from, 'the address holds an account')
  return url
}

function refuse({ host }: URL, reason: string): OdError {
  return new OdError('OD_REGISTRY_REDIRECT', { host, reason })
}
