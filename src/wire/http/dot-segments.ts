/**
 * The path without `.` and `..` segments and doubled slashes, for the `Location` of a redirect; undefined when it holds
 * no such segment. Never leaves the root, never begins with two slashes, and spells what a browser could read as a slash
 * or a tag as a percent code. `path` is as sent: an encoded dot is no segment and leads nowhere. Source: Go's ServeMux
 * (`cleanPath`), which Ollama stands behind; doubled slashes alone are not redirected (ollama-api §2.14).
 */
export function withoutDotSegments(path: string): string | undefined {
  const segments = path.split('/')
  if (!segments.some((segment) => segment === '.' || segment === '..')) return undefined
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const isFolder = path.endsWith('/') && kept.length > 0
  return `/${kept.join('/')}${isFolder ? '/' : ''}`.replaceAll(/[^!-~]|["<>\\^`{|}]/g, percentCode)
}

/** Request lines come as Latin-1: one character, one byte. */
function percentCode(character: string): string {
  return `%${(character.charCodeAt(0) & 255).toString(16).padStart(2, '0').toUpperCase()}`
}
