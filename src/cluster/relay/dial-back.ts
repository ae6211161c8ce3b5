/** Members dial each other back on request, so that a node learns whether it can be dialled. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIPv4 } from 'node:net'
import type { Clock } from '../../sys/clock.ts'
import type { Multiaddress, PeerId } from '../identity/index.ts'
import type { LinksClient } from '../links/index.ts'
import { type RelayLimits, relayLimits } from './limits.ts'
import type { Testimony } from './reachability.ts'

export const dialBackPath = '/link/v1/dial-back'

export interface DialBackOptions {
  readonly client: Pick<LinksClient, 'connect'>
  /**
   * Where a member says that it listens: what links to it are dialled at anyhow. What the question itself might name is not
   * looked at.
   */
  readonly addressesOf: (peer: PeerId) => readonly Multiaddress[]
  /** Hosts of this machine, which it does not dial for others. */
  readonly ownHosts: () => readonly string[]
  readonly clock: Clock
  readonly limits?: Partial<RelayLimits>
}

const minuteMs = 60_000

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

  const tryAll = async (peer: PeerId): Promise<Testimony> => {
    const own = ownHosts()
    const addresses = addressesOf(peer)
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
    request.resume()
    const isAllowed = mayAsk(peer)
    if (isAllowed) running++
    const said = isAllowed ? await tryAll(peer) : 'unknown'
    if (isAllowed) running--
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ said }))
  }
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
