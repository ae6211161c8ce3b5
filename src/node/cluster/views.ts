/** The members of a cluster, out of what was agreed on and what each says of itself. Pure. */

import type { PeerId } from '../../cluster/identity/index.ts'
import { type MemberRecord, readMember, recordsByPeer } from '../../cluster/membership/index.ts'
import type { MemberView } from '../../cluster/soft-state/index.ts'
import type { Role } from '../../core/role.ts'
import type { Membership } from './membership-file.ts'
import type { ClusterMember } from './types.ts'

/**
 * Who belongs to the cluster: what the copy of the store says. A node that was just admitted and has not seen the store yet
 * goes by what it was told.
 */
export function memberRecords(
  copied: {
    readonly entries: readonly { readonly key: string; readonly value: string }[]
    readonly at: object | undefined
  },
  { contacts, holder }: Membership,
  self: PeerId,
): Map<PeerId, MemberRecord | undefined> {
  if (copied.at !== undefined) return recordsByPeer(copied.entries, readMember)
  const known = [self, holder, ...contacts.map(({ peer }) => peer)]
  return new Map(known.map((peer) => [peer, undefined]))
}

export function memberView(
  peer: PeerId,
  record: MemberRecord | undefined,
  of: {
    readonly self: { readonly peer: PeerId; readonly name: string; readonly role: Role }
    /** Where this node listens now. */
    readonly ownAddresses: readonly string[]
    readonly soft: MemberView | undefined
    readonly contacts: Membership['contacts']
    readonly heardMs: number | undefined
  },
): ClusterMember {
  const { self, soft, contacts, heardMs, ownAddresses } = of
  const isSelf = peer === self.peer
  const body = soft?.body
  const told = textList(body?.['addresses'])
  const contact = contacts.find((one) => one.peer === peer)?.addresses ?? []
  const others = [...told, ...(record?.addresses ?? []), ...contact]
  const name = body?.['name']
  return {
    peer,
    name:
      typeof name === 'string' && name !== ''
        ? name
        : (record?.name ?? (isSelf ? self.name : peer)),
    isSelf,
    role: record?.role ?? (isSelf ? self.role : 'full'),
    labels: record?.labels ?? {},
    isDraining: record?.isDraining === true || body?.['isDraining'] === true,
    status: isSelf ? 'alive' : (soft?.status ?? 'unheard'),
    addresses: isSelf ? ownAddresses : [...new Set(others)],
    ...(heardMs === undefined ? {} : { heardMs }),
    ...(record === undefined ? {} : { joinedMs: record.joinedMs }),
    body,
  }
}

const addressesMax = 32

/** A member may say anything. */
function textList(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.slice(0, addressesMax).filter((item) => typeof item === 'string')
}
