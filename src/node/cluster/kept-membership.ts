import type { PeerId } from '../../cluster/identity/index.ts'
import { type Membership, membershipIn, writeMembership } from '../../cluster/membership/index.ts'
import type { Random } from '../../sys/random.ts'

const clusterIdBytes = 16

/** The cluster of a node that is by itself; each is another. */
export function clusterOfOne(peer: PeerId, random: Random): Membership {
  return { clusterId: random.hex(clusterIdBytes), holder: peer, contacts: [], starts: 0 }
}

/** Owns which cluster this node is of, and the file that says so. */
export class KeptMembership {
  readonly #path: string
  #current: Membership
  /** One write after the other. */
  #written: Promise<void> = Promise.resolve()

  private constructor(path: string, current: Membership) {
    this.#path = path
    this.#current = current
  }

  /** Reads the file; `first` where there is none. This start is counted. Throws OD_MEMBERSHIP_DAMAGED. */
  static async open(path: string, first: () => Membership): Promise<KeptMembership> {
    const known = (await membershipIn(path)) ?? first()
    const kept = new KeptMembership(path, { ...known, starts: known.starts + 1 })
    await kept.#write()
    return kept
  }

  get current(): Membership {
    return this.#current
  }

  /** From here on the node is of another cluster; resolves when its disk says so. */
  async replace(next: Omit<Membership, 'starts'>): Promise<void> {
    this.#current = { ...next, starts: this.#current.starts }
    await this.#write()
  }

  /** Where the members are now: the way back to them after a day away. */
  async keepContacts(contacts: Membership['contacts']): Promise<void> {
    if (JSON.stringify(contacts) === JSON.stringify(this.#current.contacts)) return
    this.#current = { ...this.#current, contacts }
    await this.#write()
  }

  #write(): Promise<void> {
    const written = this.#written.then(() => writeMembership(this.#path, this.#current))
    this.#written = written.catch(() => {}) // its caller hears of it
    return written
  }
}
