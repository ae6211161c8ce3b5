import { parseMultiaddress } from '../../cluster/identity/index.ts'
import {
  type MemberRecord,
  type Membership,
  membershipLimits,
  type Registry,
} from '../../cluster/membership/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { KeptMembership } from './kept-membership.ts'
import type { ClusterMember } from './types.ts'

interface KeptPlacesOptions {
  readonly kept: KeptMembership
  readonly clock: Clock
  readonly log: Log
  readonly members: () => readonly ClusterMember[]
  /** What was agreed on about this node, as far as it is known. */
  readonly ownRecord: () => MemberRecord | undefined
  readonly ownAddresses: () => readonly string[]
  readonly registry: () => Registry
}

/** Addresses of members are written down at most as often. */
const contactsMs = 10_000

/**
 * Writes down where nodes are: the others on this node's disk, which is the way back to them after a day away; this node in
 * the store, which is what those go by that have not heard it for long.
 */
export class KeptPlaces {
  readonly #options: KeptPlacesOptions
  #told: string | undefined
  #cancel: (() => void) | undefined

  constructor(options: KeptPlacesOptions) {
    this.#options = options
  }

  /** To be called when members or their addresses may be others. */
  look(): void {
    this.#cancel ??= this.#options.clock.after(contactsMs, () => {
      this.#cancel = undefined
      this.#keepOthers()
    })
    this.#tellOwn()
  }

  stop(): void {
    this.#cancel?.()
  }

  #keepOthers(): void {
    const { kept, members, log } = this.#options
    const contacts: Membership['contacts'] = members()
      .filter(({ isSelf }) => !isSelf)
      .map(({ peer, addresses }) => ({ peer, addresses: lasting(addresses) }))
      .filter(({ addresses }) => addresses.length > 0)
    kept.keepContacts(contacts).catch((error: unknown) => {
      log.error({ error: String(error) }, 'cluster.contacts-unwritten')
    })
  }

  #tellOwn(): void {
    const { kept, ownRecord, ownAddresses, registry, members } = this.#options
    const addresses = [...ownAddresses()]
    const record = ownRecord()
    const told = [kept.current.clusterId, ...addresses].join(' ')
    if (record === undefined || addresses.length === 0 || told === this.#told) return
    if (record.addresses.join() === addresses.join()) return
    const self = members().find(({ isSelf }) => isSelf)?.peer
    if (self === undefined) return
    this.#told = told
    registry()
      .change(self, { addresses })
      .catch(() => (this.#told = undefined)) // the next change tries again
  }
}

/** The newest ones; which nodes pass connections on to it is another matter in a day. */
function lasting(addresses: readonly string[]): string[] {
  const own = addresses.filter((text) => parseMultiaddress(text)?.relay === undefined)
  return own.slice(0, membershipLimits.addressesMax)
}
