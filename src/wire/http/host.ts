import { parseIp } from './address.ts'

/** The machine that listens, as its neighbours may call it. */
export interface OwnNames {
  readonly machineName: () => string
  /** Addresses of its interfaces; asked for at each use, because they come and go. */
  readonly addresses: () => readonly string[]
}

/** How a `Host` header stands to this machine. `name` and `address` are its own or may be; `foreign` is refused. */
export type HostKind = 'name' | 'address' | 'foreign'

/** Suffixes that no public name has: RFC 6761, RFC 6762, and ICANN's `internal`. */
const localSuffixes = ['.localhost', '.local', '.internal']

/** What Go's server takes for a host: RFC 3986 without user information. */
const hostCharacters = /^[\w\-.~!$&'()*+,;=:%[\]]*$/

/** False when the header cannot be a host at all. Source: Go net/http `ValidHostHeader`. */
export function isHostText(host: string): boolean {
  return hostCharacters.test(host)
}

/**
 * Judges a `Host` header on a loopback listener. A web page can have its own name resolve to 127.0.0.1 (DNS rebinding)
 * and so reach a server that believes itself unreachable; the header still bears the page's name. Bare IPv6 brackets
 * without a port count as the address in them. Source: Ollama server/routes.go `allowedHostsMiddleware`.
 */
export function hostKind(header: string, own: OwnNames): HostKind {
  const host = withoutPort(header).toLowerCase()
  const ip = parseIp(host)
  if (ip !== undefined) {
    const isNear = ip.isLoopback || ip.isPrivate || ip.isUnspecified
    return isNear || isOwnAddress(ip.canonical, own) ? 'address' : 'foreign'
  }
  if (host === '' || host === 'localhost') return 'name'
  if (localSuffixes.some((suffix) => host.endsWith(suffix))) return 'name'
  return host === own.machineName().toLowerCase() ? 'name' : 'foreign'
}

function isOwnAddress(canonical: string, { addresses }: OwnNames): boolean {
  return addresses().some((address) => parseIp(address)?.canonical === canonical)
}

/** `[::1]:80`, `[::1]`, `name:80` and `name` without brackets and port; an IPv6 address without brackets stays. */
function withoutPort(header: string): string {
  const bracketed = /^\[([^[\]]*)\](:[^:]*)?$/.exec(header)
  if (bracketed !== null) return bracketed[1] ?? ''
  return /^([^:]*):[^:]*$/.exec(header)?.[1] ?? header
}
