/** The members of a cluster, out of what was agreed on and what each says of itself. Pure. */

import { type Multiaddress, type PeerId, parseMultiaddress } from '../../cluster/identity/index.ts'
import {
  keys,
  type MemberRecord,
  type Membership,
  readMember,
  readToken,
  readToldFacts,
  recordsByPeer,
  type TokenRecord,
} from '../../cluster/membership/index.ts'
import type { MemberView } from '../../cluster/soft-state/index.ts'
import type { Role } from '../../core/role.ts'
import type { Session } from './session.ts'
import type { ClusterMember, ClusterStatus } from './types.ts'

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
  },
): ClusterMember {
  const { self, soft, contacts, ownAddresses } = of
  const isSelf = peer === self.peer
  const body = soft?.body
  const told = readToldFacts(body)
  const contact = contacts.find((one) => one.peer === peer)?.addresses ?? []
  const others = [...(told.addresses ?? []), ...(record?.addresses ?? []), ...contact]
  return {
    peer,
    name: told.name ?? record?.name ?? (isSelf ? self.name : peer),
    isSelf,
    role: record?.role ?? (isSelf ? self.role : 'full'),
    labels: record?.labels ?? {},
    isDraining: record?.isDraining === true || told.isDraining === true,
    status: isSelf ? 'alive' : (soft?.status ?? 'unheard'),
    addresses: isSelf ? ownAddresses : [...new Set(others)],
    ...(record === undefined ? {} : { joinedMs: record.joinedMs }),
    body,
  }
}

/** Where a node may be reached: as a member, or else as one that was known before it is seen. */
export function addressesOf(
  peer: PeerId,
  members: readonly ClusterMember[],
  contacts: Membership['contacts'],
): Multiaddress[] {
  const told = members.find((one) => one.peer === peer)?.addresses
  const texts = told ?? contacts.find((one) => one.peer === peer)?.addresses ?? []
  return texts.map(parseMultiaddress).filter((one) => one !== undefined)
}

/** Tokens by their ids. */
export function tokenRecords(
  entries: readonly { readonly key: string; readonly value: string }[],
): Map<string, TokenRecord> {
  const found = new Map<string, TokenRecord>()
  for (const { key, value } of entries) {
    const record = readToken(value)
    if (record !== undefined) found.set(key.slice(keys.tokens.length), record)
  }
  return found
}

export function statusOf(
  { copy, clusterId, holder }: Pick<Session, 'copy' | 'clusterId' | 'holder'>,
  isRefused: boolean,
  joining: ClusterStatus['joining'],
): ClusterStatus {
  const { ageMs, isStoreReplaced } = copy.read(keys.clusterId)
  return {
    clusterId,
    holder,
    ...(ageMs === undefined ? {} : { copyAgeMs: ageMs }),
    isStoreReplaced,
    isRefused,
    ...(joining === undefined ? {} : { joining }),
  }
}
