import { readTarget } from '../wire/http/target.ts'
import type { Route } from './routes.ts'

/** What the request line leads to. */
export type Match =
  | {
      readonly type: 'route'
      readonly route: Route
      readonly query: string
      /** The part of the path that the route leaves open, decoded; absent where it leaves none. */
      readonly parameter?: string
    }
  | { readonly type: 'redirect'; readonly status: 301 | 307; readonly location: string }
  /** `OPTIONS *`: the server as a whole. */
  | { readonly type: 'server' }
  | { readonly type: 'wrong-method'; readonly allow: string }
  | { readonly type: 'unknown' }
  | { readonly type: 'malformed' }

/**
 * Finds the route of a request line. Runs of slashes count as one; percent-encoding is undone before comparing, once; one
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
  const found =
    routes.find((route) => route.path === path) ?? routes.find((route) => isOfRoute(route, path))
  if (found?.methods.includes(method) === true) {
    const parameter = parameterOf(found, path)
    return { type: 'route', route: found, query, ...(parameter === undefined ? {} : { parameter }) }
  }
  if (found !== undefined) return { type: 'wrong-method', allow: found.methods.join(', ') }
  const shorter = path.endsWith('/') ? path.slice(0, -1) : ''
  const near = routes.find((route) => isOfRoute(route, shorter) && route.methods.includes(method))
  if (near === undefined) return { type: 'unknown' }
  return {
    type: 'redirect',
    status: method === 'GET' ? 301 : 307,
    location: `${encodePath(near, shorter)}${query}`,
  }
}

function isOfRoute(route: Route, path: string): boolean {
  const fixedLength = fixedLengthOf(route)
  if (fixedLength === route.path.length) return route.path === path
  const isBelow = path.length > fixedLength && path.startsWith(route.path.slice(0, fixedLength))
  return isBelow && path.indexOf('/', fixedLength) < 0
}

function parameterOf(route: Route, path: string): string | undefined {
  const fixedLength = fixedLengthOf(route)
  return fixedLength === route.path.length ? undefined : path.slice(fixedLength)
}

/** A parameter may hold anything that a header must not. */
function encodePath(route: Route, path: string): string {
  const parameter = parameterOf(route, path)
  if (parameter === undefined) return path
  return path.slice(0, fixedLengthOf(route)) + encodeURIComponent(parameter).replaceAll('%3A', ':')
}

/** How much of the route's path stands for itself. */
function fixedLengthOf({ path }: Route): number {
  const colonAt = path.indexOf('/:')
  return colonAt < 0 ? path.length : colonAt + 1
}
