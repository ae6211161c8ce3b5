/** True when the path holds a `.` or `..` segment. An encoded dot is no segment and leads nowhere. */
export function hasDotSegments(path: string): boolean {
  return path.split('/').some((segment) => segment === '.' || segment === '..')
}

/**
 * The path without `.` and `..` segments and doubled slashes, for the `Location` of a redirect. Never leaves the root, never
 * begins with two slashes, and spells what a browser could read as a slash or a tag as a percent code. `path` is as sent.
 * Source: Go's ServeMux (`cleanPath`), which Ollama stands behind (ollama-api §2.14).
 */
export function cleanPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
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
