import { type FoundNode, findOnce } from '../../cluster/discovery/index.ts'
import { formatMultiaddress } from '../../cluster/identity/index.ts'
import type { PeerAddress } from '../../cluster/membership/index.ts'
import { OdError } from '../../core/errors/index.ts'
import type { ClusterOptions } from './options.ts'

/** Who has just answered others answers again a second later. */
const lookMs = 2_000
/** As many as a line of an error is read for. */
const shownMax = 5
const targetsMax = 16

/** Nodes of other clusters that the local network tells of. Takes two seconds. */
export async function findOthers(
  ownClusterId: string,
  options: Pick<ClusterOptions, 'clock' | 'random' | 'log'>,
): Promise<readonly FoundNode[]> {
  const found = await findOnce(lookMs, options)
  return found.filter(({ clusterId }) => clusterId !== ownClusterId)
}

/**
 * Whom to ask. With a token all of them are, because only nodes of its own cluster know it; without one there must be no
 * choice. Throws OD_JOIN_NOBODY and OD_JOIN_SEVERAL.
 */
export function targetsAmong(found: readonly FoundNode[], hasToken: boolean): PeerAddress[] {
  if (found.length === 0) throw new OdError('OD_JOIN_NOBODY')
  const count = new Set(found.map(({ clusterId }) => clusterId)).size
  if (!hasToken && count > 1) {
    const shown = found.slice(0, shownMax).map((node) => `${node.name} at ${addressOf(node)}`)
    throw new OdError('OD_JOIN_SEVERAL', { count, nodes: shown.join(', ') })
  }
  return found
    .flatMap(({ peer, addresses }) => addresses.map((address) => ({ ...address, peer })))
    .slice(0, targetsMax)
}

function addressOf({ peer, addresses: [newest] }: FoundNode): string {
  return newest === undefined ? peer : formatMultiaddress({ ...newest, peer })
}
