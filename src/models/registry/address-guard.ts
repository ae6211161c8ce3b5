/** Which addresses a registry, or a place that it sends to, may have. Pure. */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { OdError } from '../../core/errors/index.ts'

/** What the operator lets this node reach. */
export interface RegistryPolicy {
  /** True where only this machine's own users can ask: then private registries and plain HTTP work as in Ollama. */
  readonly trustsAsker: boolean
  /** `host` or `host:port` in lower case: may be inside, may be reached over plain HTTP, may be pushed to. */
  readonly listed: ReadonlySet<string>
}

type Net = readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6']

/** Not of the public Internet. Sources: IANA special-purpose registries; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380. */
const insideNets: readonly Net[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 96, 'ipv6'], // ::, ::1 and IPv4 in its oldest form
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2001::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]

/** Where clouds hand out the credentials of the machine itself: Amazon, Google, Azure; ECS; Alibaba; the same over NAT64. */
const metadataNets: readonly Net[] = [
  ['169.254.169.254', 32, 'ipv4'],
  ['169.254.170.2', 32, 'ipv4'],
  ['100.100.100.200', 32, 'ipv4'],
  ['64:ff9b::a9fe:a9fe', 128, 'ipv6'],
  ['fd00:ec2::254', 128, 'ipv6'],
]

const inside = blockListOf(insideNets)
const metadata = blockListOf(metadataNets)

/**
 * Refuses an address, resolved already, that a server at `host`, as it stands in a URL, must not have. Where the asker is not trusted, a
 * server that is not listed is at the port of its scheme: others are those of other protocols too. Throws
 * `OD_REGISTRY_ADDRESS`, `OD_REGISTRY_PORT` or `OD_REGISTRY_METADATA`.
 */
export function checkAddress(address: string, host: string, policy: RegistryPolicy): void {
  const plain = address.replace(/%.*$/, '')
  const family = isIPv6(plain) ? 'ipv6' : 'ipv4'
  if (isIP(plain) === 0) throw new OdError('OD_REGISTRY_ADDRESS', { host })
  if (metadata.check(plain, family)) throw new OdError('OD_REGISTRY_METADATA', { host })
  if (policy.trustsAsker || isListed(host, policy)) return
  if (inside.check(plain, family)) throw new OdError('OD_REGISTRY_ADDRESS', { host })
  const port = /:(\d+)$/.exec(host)?.[1]
  if (port !== undefined) throw new OdError('OD_REGISTRY_PORT', { host, port })
}

/** True when the operator named that server, with its port or for all ports. */
export function isListed(host: string, { listed }: RegistryPolicy): boolean {
  const lower = host.toLowerCase()
  return listed.has(lower) || listed.has(lower.replace(/:\d+$/, ''))
}

/** The address that stands in a URL in place of a name; undefined for a name. WHATWG's parser made all spellings one. */
export function literalAddress({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? undefined : bare
}

function blockListOf(nets: readonly Net[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix, family] of nets) list.addSubnet(address, prefix, family)
  return list
}
