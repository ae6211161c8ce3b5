import { isIPv4, isIPv6 } from 'node:net'
import { type PeerId, parsePeerId } from './peer-id.ts'

/** How the host of an address is named: an IP address, or a name that is looked up for IPv4, IPv6 or whichever there is. */
export type HostKind = 'ip4' | 'ip6' | 'dns4' | 'dns6' | 'dns'

/**
 * Where a node listens for links: `/ip4/192.0.2.1/tcp/4001`, with `/p2p/12D3KooW…` when it is known who should be there. Or
 * where another one listens that passes connections on to it: `/ip4/192.0.2.1/tcp/4001/p2p/12D3…/p2p-circuit/p2p/12D3…`.
 */
export interface Multiaddress {
  readonly kind: HostKind
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  readonly peer?: PeerId
  /** Who listens there and passes connections on to `peer`, which is known then. */
  readonly relay?: PeerId
}

/** A host name has at most 253 letters; the rest of the longest address 80. */
const charactersMax = 400

/** `/ipfs/` is what `/p2p/` was called before 2019; old tools still print it. A slash at the end means nothing. */
const form =
  /^\/(ip4|ip6|dns4|dns6|dns)\/([^/]+)\/tcp\/([1-9]\d{0,4})(?:\/(?:p2p|ipfs)\/([^/]+))?(?:\/p2p-circuit\/p2p\/([^/]+))?\/?$/

/** Labels of letters, digits, hyphens and underscores, as resolvers take them. */
const hostName = /^(?!-)[\w-]{1,63}(?:\.[\w-]{1,63})*\.?$/

/** The address, or undefined when the text is none of the forms that links know. */
export function parseMultiaddress(text: string): Multiaddress | undefined {
  if (text.length > charactersMax) return undefined
  const [, kind, written = '', digits, id, behind] = form.exec(text) ?? []
  const host = kind && hostOf(kind as HostKind, written)
  const port = Number(digits)
  if (host === undefined || port > 65_535) return undefined
  const address = { kind: kind as HostKind, host, port }
  if (id === undefined) return behind === undefined ? address : undefined
  const there = parsePeerId(id)
  if (behind === undefined) return there && { ...address, peer: there }
  const peer = parsePeerId(behind)
  return there && peer && { ...address, peer, relay: there }
}

export function formatMultiaddress({ kind, host, port, peer, relay }: Multiaddress): string {
  const circuit = relay === undefined ? '' : `/p2p/${relay}/p2p-circuit`
  return `/${kind}/${host}/tcp/${port}${circuit}${peer === undefined ? '' : `/p2p/${peer}`}`
}

/** The host in the one spelling that it has here, so that equal addresses are equal texts. */
function hostOf(kind: HostKind, written: string): string | undefined {
  if (kind === 'ip4') return isIPv4(written) ? written : undefined
  if (kind === 'ip6') {
    // The zone of a link-local address means something on one machine only; libp2p does not take it here either.
    if (!isIPv6(written) || written.includes('%')) return undefined
    return new URL(`http://[${written}]`).hostname.slice(1, -1)
  }
  const isName = written.length <= 253 && hostName.test(written) && !isIPv4(written)
  return isName ? written.toLowerCase() : undefined
}
