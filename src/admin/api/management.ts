import { isOdError, type OdError } from '../../core/errors/index.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import type { AdminSources } from '../ports.ts'
import { freshSnapshot } from '../snapshot.ts'
import { renderStatusPage } from '../status-page.ts'
import { type RawInput, readInput } from './input.ts'
import type { ApiFeed } from './route.ts'
import { apiTable } from './table.ts'

/** A whole HTTP answer; the gateway adds what every answer carries. */
interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Further headers, names and values in turn. */
  readonly headers: readonly string[]
}

/** A path of the API with all its methods, for the gateway's table. */
interface AdminPath {
  readonly path: string
  readonly methods: readonly string[]
  readonly hasBody: boolean
}

/** Bytes of randomness that mark the page's own style as ours. */
const nonceBytes = 16

/** Nothing of a report may be older than its time stamp says. */
const freshHeaders = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'] as const

/** The paths of the table, each once, in its order. */
export const apiPaths: readonly AdminPath[] = [
  ...Map.groupBy(apiTable, ({ path }) => path).entries(),
].map(([path, rows]) => ({
  path,
  methods: rows.map(({ method }) => method),
  hasBody: rows.some(({ body }) => body !== undefined),
}))

/** The management API and the page for people, in the form that the gateway serves. */
export function makeManagement(sources: AdminSources): {
  readonly paths: readonly AdminPath[]
  answer(
    request: RawInput & { readonly method: string; readonly path: string },
  ): Promise<AdminAnswer | ApiFeed>
  page(): Promise<AdminAnswer>
} {
  return {
    paths: apiPaths,
    async answer(request) {
      const { method, path } = request
      const route = apiTable.find((row) => row.path === path && row.method === method)
      if (route === undefined) throw new Error(`no row of the table for ${method} ${path}`)
      try {
        const reply = await route.handle(readInput(route, request), sources)
        return 'begin' in reply ? reply : json(reply.value, reply.status ?? 200)
      } catch (error) {
        if (isOdError(error)) return errorAnswer(error)
        throw error
      }
    },
    async page() {
      const nonce = sources.random.hex(nonceBytes)
      return {
        status: 200,
        contentType: 'text/html; charset=utf-8',
        body: renderStatusPage(await freshSnapshot(sources), nonce),
        headers: [...freshHeaders, ...pageHeaders(nonce)],
      }
    },
  }
}

function json(value: object, status: number): AdminAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: encodeGoJson(value),
    headers: freshHeaders,
  }
}

/** As Ollama's errors, with what to do beside it. */
function errorAnswer({ message, code, remedy, httpStatus }: OdError): AdminAnswer {
  return json({ error: message, code, remedy }, httpStatus)
}

/** Nothing may be loaded, run, framed or submitted; only the style that carries the nonce counts. */
function pageHeaders(nonce: string): string[] {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return ['Content-Security-Policy', policy.join('; '), 'Referrer-Policy', 'no-referrer']
}
