import { readTarget } from '../wire/http/target.ts'
import type { Route } from './routes.ts'

/** What the request line leads to. */
export type Match =
  | {
      readonly type: 'route'
      readonly route: Route
      readonly query: string
      /** The parts of the path that the route leaves open, decoded. */
      readonly parameters: Readonly<Record<string, string>>
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
    routes.find((route) => route.path === path) ??
    routes.find((route) => parametersOf(route, path) !== undefined)
  if (found?.methods.includes(method) === true) {
    return { type: 'route', route: found, query, parameters: parametersOf(found, path) ?? {} }
  }
  if (found !== undefined) return { type: 'wrong-method', allow: found.methods.join(', ') }
  const shorter = path.endsWith('/') ? path.slice(0, -1) : ''
  const isNear = (route: Route) => parametersOf(route, shorter) !== undefined
  const near = routes.find((route) => isNear(route) && route.methods.includes(method))
  if (near === undefined) return { type: 'unknown' }
  return {
    type: 'redirect',
    status: method === 'GET' ? 301 : 307,
    location: `${encodePath(near, shorter)}${query}`,
  }
}

/** The parts of a path that the route leaves open; undefined when the path is not of that route. */
function parametersOf(route: Route, path: string): Record<string, string> | undefined {
  if (!route.path.includes('/:')) return route.path === path ? {} : undefined
  const wanted = route.path.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [i, name] of wanted.entries()) {
    const part = given[i] ?? ''
    if (!name.startsWith(':')) {
      if (name !== part) return undefined
    } else if (part === '') return undefined
    else parameters[name.slice(1)] = part
  }
  return parameters
}

/** A parameter may hold anything that a header must not. */
function encodePath(route: Route, path: string): string {
  const given = path.split('/')
  const encode = (part: string) => encodeURIComponent(part).replaceAll('%3A', ':')
  const parts = route.path.split('/').map((name, i) => {
    return name.startsWith(':') ? encode(given[i] ?? '') : name
  })
  return parts.join('/')
}
