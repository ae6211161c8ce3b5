/**
 * Which proxy a request goes through. Pure. Source: Go golang.org/x/net/http/httpproxy, by which Ollama reads these variables; SOCKS is
 * left out.
 */
import { BlockList, isIP } from 'node:net'
import { OdError } from '../../core/errors/index.ts'

/** The variables of an environment that name proxies. */
export interface ProxyVariables {
  readonly httpProxy: string
  readonly httpsProxy: string
  /** Hosts that are reached directly. */
  readonly noProxy: string
}

/** As Go reads them: in capitals first. */
export function proxyVariables(env: Readonly<Record<string, string | undefined>>): ProxyVariables {
  const either = (name: string) => env[name] || env[name.toLowerCase()] || ''
  return {
    httpProxy: either('HTTP_PROXY'),
    httpsProxy: either('HTTPS_PROXY'),
    noProxy: either('NO_PROXY'),
  }
}

/** The proxy for an address; undefined where it is reached directly. Throws `OD_REGISTRY_PROXY` for one that cannot be used. */
export function proxyFor(url: URL, variables: ProxyVariables): URL | undefined {
  const [name, text] =
    url.protocol === 'https:'
      ? ['HTTPS_PROXY', variables.httpsProxy]
      : ['HTTP_PROXY', variables.httpProxy]
  if (text === '' || isDirect(url, variables.noProxy)) return undefined
  const proxy = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy
  throw new OdError('OD_REGISTRY_PROXY', { name })
}

/** This machine, and what `NO_PROXY` names: a domain with all below it, `.domain` what is below alone, an address, a net, or `*`. */
function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (host === 'localhost' || (isIP(host) !== 0 && isIn(host, '127.0.0.0/8', '::1/128')))
    return true
  return noProxy.split(',').some((entry) => isNamed(entry.trim().toLowerCase(), host, port))
}

function isNamed(entry: string, host: string, port: string): boolean {
  if (entry === '') return false
  if (entry === '*') return true
  if (entry.includes('/')) return isIP(host) !== 0 && isIn(host, entry)
  const [, name = entry, entryPort = port] =
    /^(.*):(\d+)$/.exec(isIP(entry) === 6 ? '' : entry) ?? []
  if (entryPort !== port) return false
  const bare = name.replace(/^\[(.*)\]$/, '$1').replace(/^\*\./, '.')
  if (isIP(bare) !== 0)
    return isIP(host) !== 0 && isIn(host, `${bare}/${isIP(bare) === 4 ? 32 : 128}`)
  if (bare.startsWith('.')) return host.endsWith(bare)
  return host === bare || host.endsWith(`.${bare}`)
}

/** True for an address in one of the nets; what is no net holds none. */
function isIn(address: string, ...nets: readonly string[]): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
  return nets.some((net) => {
    const [, base = '', bits = ''] = /^([0-9a-f:.]+)\/(\d{1,3})$/.exec(net) ?? []
    if (isIP(base) === 0 || Number(bits) > (isIP(base) === 4 ? 32 : 128)) return false
    const list = new BlockList()
    list.addSubnet(base, Number(bits), isIP(base) === 4 ? 'ipv4' : 'ipv6')
    return list.check(address, family)
  })
}
