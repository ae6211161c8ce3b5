/** Addresses as texts: which are loopback, and what Ollama makes of `OLLAMA_HOST`. */

/** True when only this machine can reach it. `host` is an IP address or `localhost`. */
export function isLoopback(host: string): boolean {
  const plain = canonicalHost(host)
  return plain === 'localhost' || plain === '::1' || /^(::ffff:)?127\./.test(plain)
}

/** True when both name the same place to listen at; `localhost` is as good as either loopback address. */
export function isSameHost(a: string, b: string): boolean {
  const [first, second] = [canonicalHost(a), canonicalHost(b)]
  if (first === second) return true
  const both = [first, second]
  return both.includes('localhost') && both.every((host) => isDefaultLoopback(host))
}

/** Where Ollama listens for a value of `OLLAMA_HOST`. Source: Ollama envconfig/config.go, `Host`. */
export function readOllamaHost(value: string): { readonly host: string; readonly port: number } {
  const text = value.trim().replaceAll(/^["']+|["']+$/g, '')
  const [, scheme = '', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? []
  const defaultPort = { http: 80, https: 443 }[scheme] ?? 11_434
  const hostAndPort = rest.replace(/\/.*$/s, '')
  const [, bracketed, plain, portText] = /^(?:\[(.*)\]|([^:]*)):([^:]*)$/s.exec(hostAndPort) ?? []
  if (portText === undefined) {
    const host = hostAndPort.replaceAll(/^\[|\]$/g, '')
    return { host: host === '' ? '127.0.0.1' : host, port: defaultPort }
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN
  const host = bracketed ?? plain ?? ''
  return { host: host === '' ? '0.0.0.0' : host, port: port <= 65_535 ? port : defaultPort }
}

/** The origin of a server, for example `http://[::1]:11434`. `host` is an IP address or `localhost`. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function isDefaultLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}

/** One spelling per address: lower case, IPv6 shortened, IPv4 inside IPv6 in dotted form. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase()
  if (!lower.includes(':')) return lower
  const url = URL.parse(`http://[${lower}]`)
  const short = url === null ? lower : url.hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const bits = [mapped[1], mapped[2]].map((part) => Number.parseInt(part ?? '', 16))
  return `::ffff:${bits.flatMap((part) => [part >> 8, part & 255]).join('.')}`
}
