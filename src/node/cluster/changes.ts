/** What people do with members and tokens. Each resolves when this node's own view shows it. */
import type { PeerId } from '../../cluster/identity/index.ts'
import { keys, type MemberChange, type TokenRecord } from '../../cluster/membership/index.ts'
import { OdError } from '../../core/errors/index.ts'
import type { Session } from './session.ts'

export interface ClusterChanges {
  approve(peer: PeerId): Promise<void>
  reject(peer: PeerId): Promise<void>
  /** Throws OD_MEMBER_SELF and OD_MEMBER_HOLDER. */
  remove(peer: PeerId): Promise<void>
  change(peer: PeerId, change: MemberChange): Promise<void>
  createToken(wanted: { uses: number; ttlMs: number }): Promise<{
    readonly id: string
    readonly text: string
    readonly record: TokenRecord
  }>
  revokeToken(id: string): Promise<void>
}

export function clusterChanges(options: {
  readonly self: PeerId
  readonly session: () => Session
  /** Resolves when the copy of the store is so, or after some seconds. */
  readonly untilCopy: (isSo: () => boolean) => Promise<void>
}): ClusterChanges {
  const { self, session, untilCopy } = options
  const done = async <Result>(act: (of: Session) => Promise<Result>): Promise<Result> => {
    const of = session()
    const result = await act(of)
    const { at } = await of.store.get(keys.clusterId)
    await untilCopy(() => (of.copy.read(keys.clusterId).at?.revision ?? 0) >= at.revision)
    return result
  }
  return {
    approve: (peer) => done(({ registry }) => registry.approve(peer)),
    reject: (peer) => done(({ registry }) => registry.reject(peer)),
    async remove(peer) {
      if (peer === self) throw new OdError('OD_MEMBER_SELF')
      if (peer === session().holder) throw new OdError('OD_MEMBER_HOLDER', { peer })
      await done(({ registry }) => registry.remove(peer))
    },
    change: (peer, change) => done(({ registry }) => registry.change(peer, change)),
    createToken: (wanted) => done(({ registry }) => registry.createToken(wanted)),
    revokeToken: (id) => done(({ registry }) => registry.revokeToken(id)),
  }
}
