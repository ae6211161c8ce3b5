/** Foreign pages that may use a server, besides those that always may. */
export interface AllowedOrigins {
  /** True when any page may, whoever it is of: then no answer depends on who asks. */
  readonly isAll: boolean
  readonly exact: ReadonlySet<string>
  readonly wildcards: readonly { readonly start: string; readonly end: string }[]
}

/**
 * Reads the entries of `OLLAMA_ORIGINS`: an origin, one with a `*` that stands for anything, or a mere `*` for all. An entry
 * without `*` is compared in lower case, as browsers spell origins. Source: gin-contrib/cors `newCors`, `parseWildcardRules`.
 */
export function readAllowedOrigins(entries: readonly string[]): AllowedOrigins {
  const wildcards = entries.filter((entry) => entry.includes('*'))
  const exact = entries.filter((entry) => !entry.includes('*'))
  return {
    isAll: entries.includes('*'),
    exact: new Set(exact.map((entry) => entry.toLowerCase())),
    wildcards: wildcards.map((entry) => {
      const star = entry.indexOf('*')
      return { start: entry.slice(0, star), end: entry.slice(star + 1) }
    }),
  }
}

/** Schemes of desktop programs that show pages of their own. Any host of theirs is taken. */
const programSchemes = ['app://', 'file://', 'tauri://', 'vscode-webview://', 'vscode-file://']

/** Pages that this machine serves itself, whatever their port; in lower case only, as a browser spells them. */
const localPage = /^https?:\/\/(localhost|127\.0\.0\.1|0\.0\.0\.0)(:\d{0,5})?$/

/**
 * True when pages of this origin may use the server: those that were allowed, and the default list of Ollama (envconfig
 * `AllowedOrigins`), except that only digits may stand for a port: its wildcard also takes `http://localhost:3000.evil.com`.
 */
export function isAllowedOrigin(origin: string, allowed: AllowedOrigins): boolean {
  if (allowed.isAll || allowed.exact.has(origin) || localPage.test(origin)) return true
  if (programSchemes.some((scheme) => origin.startsWith(scheme))) return true
  return allowed.wildcards.some(
    ({ start, end }) => origin.startsWith(start) && origin.endsWith(end),
  )
}

/** A page that this very listener served; the browser asks for nothing then. */
export function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}

const methods = 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS'

/** Request headers that a page may set: those of the OpenAI client for browsers among them. */
const requestHeaders = [
  'Authorization,Content-Type,User-Agent,Accept,X-Requested-With,Openai-Beta',
  'X-Stainless-Arch,X-Stainless-Async,X-Stainless-Custom-Poll-Interval,X-Stainless-Helper-Method',
  'X-Stainless-Lang,X-Stainless-Os,X-Stainless-Package-Version,X-Stainless-Poll-Helper',
  'X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,X-Stainless-Timeout',
].join(',')

/** Half a day, in seconds: browsers ask again after two hours at most. */
const preflightAgeSeconds = 43_200

/** Headers of the answer to an allowed origin, names and values in turn. */
export function grantHeaders(origin: string, { isAll }: AllowedOrigins): string[] {
  if (isAll) return ['Access-Control-Allow-Origin', '*']
  return ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin']
}

/** Headers of the answer to a preflight of an allowed origin. Source: gin-contrib/cors with Ollama's settings. */
export function preflightHeaders(origin: string, { isAll }: AllowedOrigins): string[] {
  const pairs = [
    ['Access-Control-Allow-Headers', requestHeaders],
    ['Access-Control-Allow-Methods', methods],
    ['Access-Control-Allow-Origin', isAll ? '*' : origin],
    ['Access-Control-Max-Age', String(preflightAgeSeconds)],
  ]
  const varying = [
    ['Vary', 'Origin'],
    ['Vary', 'Access-Control-Request-Method'],
    ['Vary', 'Access-Control-Request-Headers'],
  ]
  return [...pairs, ...(isAll ? [] : varying)].flat()
}
