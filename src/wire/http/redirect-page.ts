/** The page that Go's server sends along with a redirect. Source: net/http, Redirect. */

const titles = { 301: 'Moved Permanently', 307: 'Temporary Redirect' } as const

/** `location` may hold the client's own query: it is escaped. */
export function redirectPage(status: 301 | 307, location: string): string {
  const escaped = location.replaceAll(/[&"<>']/g, (mark) => entities[mark] ?? mark)
  return `<a href="${escaped}">${titles[status]}</a>.\n\n`
}

/** Go's spelling. */
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '"': '&#34;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
}
