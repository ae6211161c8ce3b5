/** Where a request is sent instead of being answered. Source: Go's ServeMux, and gin's tree behind it (ollama-api §2.14). */
import type { Target } from '../../wire/http/target.ts'
import { type RouteTable, routeFor } from './route-table.ts'

/** 301 for a GET with one slash too many, 307 for all else: a body is then sent again. */
export interface Redirect {
  readonly status: 301 | 307
  readonly location: string
}

/** Undefined when the request can be answered as it is. */
export function redirectOf(
  routes: RouteTable,
  method: string,
  { path, query, redirect }: Target,
): Redirect | undefined {
  if (redirect !== undefined) return { status: 307, location: redirect }
  if (path === '/' || !path.endsWith('/')) return undefined
  const shorter = path.slice(0, -1)
  const match = routeFor(routes, method, shorter)
  if (match === undefined || match.type === 'otherMethod') return undefined
  return { status: method === 'GET' ? 301 : 307, location: `${encodeURI(shorter)}${query}` }
}
