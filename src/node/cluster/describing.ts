/** What this node says of itself: to its members, and to those whom it wants to join. */
import type { MemberRecord, WishBody } from '../../cluster/membership/index.ts'
import type { ClusterOptions } from './options.ts'

/** The body of its entry in soft state. `record`: what was agreed on about it. */
export function bodyOf(
  { name, role, version, startedMs, extra }: ClusterOptions,
  addresses: readonly string[],
  record: MemberRecord | undefined,
): object {
  return {
    name,
    version,
    startedMs,
    role: record?.role ?? role,
    labels: record?.labels ?? {},
    isDraining: record?.isDraining ?? false,
    addresses,
    ...extra(),
  }
}

export function wishOf(
  { name, role, labels, version, clock }: ClusterOptions,
  addresses: readonly string[],
): Omit<WishBody, 'protocol' | 'token'> {
  const nowMs = clock.wallMs()
  return { version, name, role, labels: { ...labels }, addresses: [...addresses], nowMs }
}
