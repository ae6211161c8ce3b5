import { OdError } from '../core/errors/index.ts'

/** The gateway's default port, for addresses that name none. */
const portDefault = 8080

/**
 * Origin, and path if any, of a gateway as a person names it: `nas`, `nas:9000`, `[::1]`, `https://example.org/llm`. A bare
 * name means `http` and our own port; an address with its scheme has the scheme's port, as everywhere. Throws
 * `OD_CLI_HOST_INVALID`; `source` is where the text stood.
 */
export function parseHost(text: string, source: string): string {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const url = URL.parse(hasScheme ? text : `http://${text}`)
  const isUsable =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === ''
  if (!isUsable) throw new OdError('OD_CLI_HOST_INVALID', { source, value: JSON.stringify(text) })
  if (!hasScheme && !/:\d+(\/|$)/.test(text)) url.port = String(portDefault)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
