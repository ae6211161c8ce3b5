import { cleanPath, hasDotSegments } from './dot-segments.ts'

/** What a request line asks for. */
export interface Target {
  /** Decoded, runs of slashes as one; begins with a slash. */
  readonly path: string
  /** As sent, with its question mark; empty where there is none. */
  readonly query: string
  /** Where to send the client instead, query included, because of dot segments or doubled slashes. */
  readonly redirect?: string
}

/**
 * Reads the target of a request line, in absolute form too. Undefined when it is no path: no slash at its start, a percent
 * sign without two hexadecimal digits. Doubled slashes are `joined`, or `redirected` as by Ollama.
 * Source: ollama-api §2.14.
 */
export function readTarget(
  target: string,
  doubledSlashes: 'joined' | 'redirected' = 'joined',
): Target | undefined {
  const relative = target.slice(originOf(target).length)
  const mark = relative.indexOf('?')
  const query = mark < 0 ? '' : relative.slice(mark)
  const sentPath = mark < 0 ? relative : relative.slice(0, mark)
  const path = decodePath(sentPath)
  if (path?.startsWith('/') !== true) return undefined
  const isUntidy = doubledSlashes === 'redirected' && sentPath.includes('//')
  if (!isUntidy && !hasDotSegments(sentPath)) return { path, query }
  return { path, query, redirect: `${cleanPath(sentPath)}${query}` }
}

/** True when the target names another host than the `Host` header: two programs could read the request in two ways. */
export function isHostDisputed(target: string, host: string): boolean {
  const origin = originOf(target)
  return origin !== '' && origin.replace(/^https?:\/\//i, '').toLowerCase() !== host.toLowerCase()
}

/** Scheme and authority of a target in absolute form; empty in the usual form. */
function originOf(target: string): string {
  return /^https?:\/\/[^/?]*/i.exec(target)?.[0] ?? ''
}

function decodePath(path: string): string | undefined {
  const collapsed = path.replaceAll(/\/{2,}/g, '/')
  if (!collapsed.includes('%')) return collapsed === '' ? '/' : collapsed
  try {
    return decodeURIComponent(collapsed)
  } catch {
    const isBroken = /%(?![0-9a-f]{2})/i.test(collapsed)
    return isBroken ? undefined : withReplacements(collapsed)
  }
}

/** Bytes that are not UTF-8 lead nowhere, but are a path to Go: each becomes U+FFFD. */
function withReplacements(path: string): string {
  const bytes = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}
