import type { Role } from '../../core/role.ts'
import type { PeerId } from '../identity/index.ts'
import type { MemberRecord } from './records.ts'

/** A wish to join, checked. */
export interface Wish {
  readonly peer: PeerId
  readonly name: string
  readonly addresses: readonly string[]
  readonly role: Role
  readonly labels: Readonly<Record<string, string>>
  readonly token: { readonly id: string; readonly proof: string } | undefined
  /** Address from which it came. */
  readonly from: string
}

/** The record of one that is admitted now. */
export function memberOf(
  { name, addresses, role, labels }: Pick<Wish, 'name' | 'addresses' | 'role' | 'labels'>,
  joinedMs: number,
): MemberRecord {
  return {
    name,
    addresses: [...addresses],
    role,
    labels: { ...labels },
    isDraining: false,
    joinedMs,
  }
}
