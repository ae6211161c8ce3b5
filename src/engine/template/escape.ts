/** Go templates' `html`, `js` and `urlquery`. Source: Go text/template, funcs.go; net/url, QueryEscape. */
import { isPrintable } from './text.ts'

const htmlNames: ReadonlyMap<string, string> = new Map([
  ['\0', '\ufffd'],
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
])

/** For text within HTML. */
export function escapeHtml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the zero byte is one of them
  return text.replaceAll(/[\0"'&<>]/g, (letter) => htmlNames.get(letter) ?? letter)
}

const scriptNames: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
])

/** For a string of JavaScript. */
export function escapeScript(text: string): string {
  return Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0
    const isSpecial = code < 0x20 || code >= 0x80 || '<>&='.includes(letter)
    if (!isSpecial || (code >= 0x80 && isPrintable(letter)))
      return scriptNames.get(letter) ?? letter
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  }).join('')
}

/** For the query of a URL. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}
