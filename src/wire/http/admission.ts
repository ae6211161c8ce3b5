import { hostKind, type OwnNames } from './host.ts'
import {
  type AllowedOrigins,
  grantHeaders,
  isAllowedOrigin,
  isSameOrigin,
  preflightHeaders,
} from './origin.ts'

/** What a request says of who sends it. */
export interface Sender {
  readonly method: string
  /** Absent in HTTP/1.0. */
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** The listener that a request came to. */
export interface Listener extends OwnNames {
  /** True when it is bound to a loopback address; only then the Host header is checked, as in Ollama. */
  readonly isLoopback: () => boolean
  /** Foreign pages that may use it besides those that always may. */
  readonly origins: AllowedOrigins
}

/**
 * `admitted`: the request goes on, and its answer bears `headers`. `refused`: 403 without a body. `done`: 204, with
 * `headers`. In both the path's `Allow` is added where its methods do not fit.
 */
export type Admission =
  | { readonly type: 'admitted'; readonly headers: readonly string[] }
  | { readonly type: 'refused'; readonly headers: readonly string[] }
  | { readonly type: 'done'; readonly headers: readonly string[] }

/**
 * Decides by Origin, then by Host, before a byte of the body is read: a page that may not read the answer must not cause
 * anything either. A preflight of an allowed origin ends before its Host is looked at. Source: ollama-api §2.12, §11.
 */
export function admit({ method, host = '', origin = '' }: Sender, listener: Listener): Admission {
  const isForeign = origin !== '' && !isSameOrigin(origin, host)
  const { origins } = listener
  if (isForeign && !isAllowedOrigin(origin, origins)) return { type: 'refused', headers: [] }
  if (isForeign && method === 'OPTIONS') {
    return { type: 'done', headers: preflightHeaders(origin, origins) }
  }
  const headers = isForeign ? grantHeaders(origin, origins) : []
  if (!listener.isLoopback()) return { type: 'admitted', headers }
  const kind = hostKind(host, listener)
  if (kind === 'foreign') return { type: 'refused', headers }
  return { type: kind === 'name' && method === 'OPTIONS' ? 'done' : 'admitted', headers }
}
