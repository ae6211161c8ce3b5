/** Members dial each other back on request, so that a node learns whether it can be dialled. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIPv4 } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import type { LinksClient } from '../links/index.ts'
import { type RelayLimits, relayLimits } from './limits.ts'
import type { Testimony } from './reachability.ts'

export const dialBackPath = '/link/v1/dial-back'

export interface DialBackOptions {
  readonly client: Pick<LinksClient, 'connect'>
  /** Where a member tells everyone that it listens: what links to it are dialled at anyhow, and nothing else is. */
  readonly addressesOf: (peer: PeerId) => readonly Multiaddress[]
  /** Hosts of this machine, which it does not dial for others. */
  readonly ownHosts: () => readonly string[]
  readonly clock: Clock
  readonly limits?: Partial<RelayLimits>
}

const minuteMs = 60_000
/** A dozen addresses have under 1 KB. */
const questionBytesMax = 8 * 1024

/**
 * Answers members who ask to be dialled back. It tells whether the asking node's own key answered at one of its own addresses,
 * and nothing else: a port where something else listens looks like a closed one, so nobody's ports can be found by it.
 */
export function dialBackAnswerer(options: DialBackOptions) {
  const { client, addressesOf, ownHosts, clock } = options
  const limits = { ...relayLimits, ...options.limits }
  const asked = new Map<PeerId, number[]>()
  let running = 0

  const mayAsk = (peer: PeerId): boolean => {
    const sinceMs = clock.nowMs() - minuteMs
    for (const [other, times] of asked) if ((times.at(-1) ?? 0) < sinceMs) asked.delete(other)
    const times = (asked.get(peer) ?? []).filter((atMs) => atMs >= sinceMs)
    if (times.length >= limits.dialBacksPerMinute || running >= limits.dialBacksMax) return false
    asked.set(peer, [...times, clock.nowMs()])
    return true
  }

  const tryAll = async (peer: PeerId, asked: string): Promise<Testimony> => {
    const own = ownHosts()
    const told = addressesOf(peer)
    if (dialBackQuestion(told) !== asked) return 'unknown' // it has moved, and this node has not heard of it yet
    const addresses = told
      .filter((address) => mayBeDialled(address) && !own.includes(address.host))
      .slice(0, limits.dialBackAddressesMax)
    if (addresses.length === 0) return 'unknown'
    let isLate = false
    const late = new Promise<Testimony>((resolve) => {
      clock.after(limits.dialBackMs, () => {
        isLate = true
        resolve('not-reached')
      })
    })
    const tried = client.connect(peer, addresses).then(
      (socket): Testimony => {
        socket.destroy()
        return isLate ? 'not-reached' : 'reached'
      },
      (): Testimony => 'not-reached',
    )
    return await Promise.race([tried, late])
  }

  return async (
    peer: PeerId,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const asked = await textOf(request)
    const isAllowed = asked !== undefined && mayAsk(peer)
    if (isAllowed) running++
    const said = isAllowed ? await tryAll(peer, asked) : 'unknown'
    if (isAllowed) running--
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ said }))
  }
}

/** The question: which addresses are meant, so that a no about old ones is not taken for one about new ones. */
export function dialBackQuestion(addresses: readonly Multiaddress[]): string {
  const texts = addresses.filter(mayBeDialled).map(({ kind, host, port }) => {
    return formatMultiaddress({ kind, host, port })
  })
  return [...new Set(texts)].toSorted((a, b) => (a < b ? -1 : 1)).join('\n')
}

/** Undefined for one that is too long or broken off. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length
      if (bytes <= questionBytesMax) chunks.push(chunk as Buffer)
    }
  } catch {
    return undefined
  }
  return bytes > questionBytesMax ? undefined : Buffer.concat(chunks).toString()
}

/** An IP address of another machine: a name may lead anywhere, and loopback, link-local and groups are nobody else's. */
export function mayBeDialled({ kind, host, relay }: Multiaddress): boolean {
  if (relay !== undefined) return false
  if (kind === 'ip6') return !/^(::|f[ef])/.test(host)
  if (kind !== 'ip4' || !isIPv4(host)) return false
  const [first = 0, second] = host.split('.').map(Number)
  return first !== 0 && first !== 127 && first < 224 && !(first === 169 && second === 254)
}

/** What the answer says; anything else says nothing. */
export function readTestimony(status: number, body: Uint8Array): Testimony {
  if (status !== 200) return 'unknown'
  try {
    const { said } = JSON.parse(Buffer.from(body).toString()) as { said?: unknown }
    return said === 'reached' || said === 'not-reached' ? said : 'unknown'
  } catch {
    return 'unknown'
  }
}
