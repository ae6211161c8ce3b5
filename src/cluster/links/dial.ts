import type { TLSSocket } from 'node:tls'
import { OdError } from '../../core/errors/index.ts'
import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import { mostTelling } from './dial-failure.ts'
import { type ReachOptions, reach } from './reach.ts'

/** A connection, and the address at which it came up. */
export interface Dialled {
  readonly socket: TLSSocket
  readonly address: Multiaddress
}

/**
 * A connection to the peer, at the first of its addresses where it is found. They are tried in order, the next one when the
 * one before has failed or is slow; the first whose other side proves to be the peer wins, and nothing was sent to any
 * other. Rejects with an OD_LINK_… error when none does, or when it takes longer than `connectMs`.
 */
export function dial(
  peer: PeerId,
  addresses: readonly Multiaddress[],
  options: ReachOptions,
): Promise<Dialled> {
  const { limits, clock } = options
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>()
  const failures: OdError[] = []
  const attempts = new Map<AbortController, Multiaddress>()
  let tried = 0
  let cancelStagger = () => {}
  const finish = (won?: Dialled): void => {
    cancelTime()
    cancelStagger()
    const others = [...attempts.keys()]
    attempts.clear()
    for (const attempt of others) attempt.abort()
    if (won !== undefined) return resolve(won)
    const none = () => new OdError('OD_LINK_NO_ADDRESS', { peer })
    reject(failures.length === 0 ? none() : mostTelling(failures))
  }
  const attemptAt = async (address: Multiaddress): Promise<void> => {
    const attempt = new AbortController()
    attempts.set(attempt, address)
    try {
      const socket = await reach(peer, address, options, attempt.signal)
      if (attempts.delete(attempt)) finish({ socket, address })
      else socket.destroy() // the race is over
    } catch (failure) {
      if (!attempts.delete(attempt)) return
      failures.push(failure as OdError)
      next()
    }
  }
  const next = (): void => {
    cancelStagger()
    const address = addresses[tried++]
    if (address === undefined) {
      if (attempts.size === 0) finish()
      return
    }
    void attemptAt(address)
    cancelStagger = clock.after(limits.staggerMs, next)
  }
  const cancelTime = clock.after(limits.connectMs, () => {
    const seconds = limits.connectMs / 1000
    for (const address of attempts.values()) {
      const parameters = { place: formatMultiaddress(address), seconds }
      failures.push(new OdError('OD_LINK_CONNECT_TIMEOUT', parameters))
    }
    finish()
  })
  next()
  return promise
}

/**
 * Addresses in the order in which they are tried: those of the peer itself, then those of nodes that pass connections on.
 * The one at which it was found last is before all others when it is one of those: it is there because the first ones failed.
 */
export function inOrder(
  addresses: readonly Multiaddress[],
  lastFoundAt: Multiaddress | undefined,
): readonly Multiaddress[] {
  const known = lastFoundAt?.relay === undefined ? '' : formatMultiaddress(lastFoundAt)
  const rank = (address: Multiaddress): number => {
    if (address.relay === undefined) return 1
    return formatMultiaddress(address) === known ? 0 : 2
  }
  return addresses.toSorted((a, b) => rank(a) - rank(b))
}
