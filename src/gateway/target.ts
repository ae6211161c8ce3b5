import { readTarget } from '../wire/http/target.ts'
import type { Route } from './routes.ts'

/** What the request line leads to. */
export type Match =
  | { readonly type: 'route'; readonly route: Route; readonly query: string }
  | { readonly type: 'redirect'; readonly status: 301 | 307; readonly location: string }
  /** `OPTIONS *`: the server as a whole. */
  | { readonly type: 'server' }
  | { readonly type: 'wrong-method'; readonly allow: string }
  | { readonly type: 'unknown' }
  | { readonly type: 'malformed' }

/**
 * Finds the route of a request line. Runs of slashes count as one; percent-encoding is undone before comparing; one
 * slash too many at the end is redirected to the path without it, with 301 for GET and 307 for all else, so that a body
 * is sent again. Dot segments are redirected whatever they lead to; encoded ones lead nowhere. `query` is as sent, with its
 * question mark. Source: ollama-api §2.14, gin's tree and Go's ServeMux.
 */
export function matchTarget(method: string, target: string, routes: readonly Route[]): Match {
  if (method === 'OPTIONS' && target === '*') return { type: 'server' }
  const read = readTarget(target)
  if (read === undefined) return { type: 'malformed' }
  const { path, query, redirect } = read
  if (redirect !== undefined) return { type: 'redirect', status: 307, location: redirect }
  const found = routes.find((route) => route.path === path)
  if (found?.methods.includes(method) === true) return { type: 'route', route: found, query }
  if (found !== undefined) return { type: 'wrong-method', allow: found.methods.join(', ') }
  const shorter = path.endsWith('/') ? path.slice(0, -1) : undefined
  const near = routes.find((route) => route.path === shorter && route.methods.includes(method))
  if (near === undefined) return { type: 'unknown' }
  return {
    type: 'redirect',
    status: method === 'GET' ? 301 : 307,
    location: `${near.path}${query}`,
  }
}
