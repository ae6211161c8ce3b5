/** A wish to join: asked of one member after the other, and asked again while someone has to approve it. */

import type { FoundNode } from '../../cluster/discovery/index.ts'
import { formatMultiaddress, type PeerId } from '../../cluster/identity/index.ts'
import type { LinksClient } from '../../cluster/links/index.ts'
import {
  type AdmittedBody,
  askToJoin,
  isProof,
  membershipLimits,
  type PeerAddress,
  parseToken,
  proofOf,
  type ReadToken,
  type WishBody,
} from '../../cluster/membership/index.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import { targetsAmong } from './finding.ts'

/** Members that are asked, one after the other. */
interface Asked {
  readonly targets: readonly PeerAddress[]
  /** Nobody has vouched for them: each of them may be of any cluster, and no member at all. */
  readonly areFound: boolean
}

interface JoiningOptions {
  readonly self: PeerId
  readonly client: LinksClient
  /** Looks who is in the local network. */
  readonly find: () => Promise<readonly FoundNode[]>
  readonly clock: Clock
  /** What this node says of itself now. */
  readonly wish: () => Omit<WishBody, 'protocol' | 'token'>
  /** Makes this node one of the cluster. */
  readonly onAdmitted: (admitted: AdmittedBody) => Promise<void>
}

interface Pending {
  readonly node: string
  readonly sinceMs: number
  /** Why the newest question was not answered, or why it was refused in the end. */
  readonly error?: string
}

/** What came of a wish. `clockOffMs`: how far this node's clock is ahead of that of the member that was asked. */
export interface Joined {
  readonly outcome: 'admitted' | 'pending'
  readonly clockOffMs: number
  /** Who answered. */
  readonly member: PeerId
}

/** Between two questions of a node that waits for approval. */
const askAgainMs = 1_000

export class Joining {
  readonly #options: JoiningOptions
  #pending: Pending | undefined
  #cancel = () => {}
  #finding: Promise<readonly FoundNode[]> | undefined
  /** Grows with each wish; what belongs to an older one counts no more. */
  #wish = 0

  constructor(options: JoiningOptions) {
    this.#options = options
  }

  /** The wish that waits, or was refused while it waited. */
  get pending(): Pending | undefined {
    return this.#pending
  }

  /**
   * Takes the place of a wish before. Without members, those are asked that the local network tells of. Throws what the members
   * say, or why none of them can be reached or found.
   */
  async ask(members: readonly PeerAddress[], tokenText: string | undefined): Promise<Joined> {
    this.stop()
    const wish = this.#wish
    const token = tokenText === undefined ? undefined : parseToken(tokenText)
    if (token === undefined && tokenText !== undefined) throw new OdError('OD_JOIN_TOKEN')
    const areFound = members.length === 0
    const targets = areFound ? targetsAmong(await this.#find(), token !== undefined) : members
    const asked: Asked = { targets, areFound }
    const { answer, member } = await this.#askFirst(asked, token)
    if (answer.outcome === 'admitted') {
      await this.#options.onAdmitted(answer)
      return { outcome: 'admitted', clockOffMs: answer.clockOffMs, member }
    }
    if (wish === this.#wish) {
      this.#pending = { node: answer.node, sinceMs: this.#options.clock.wallMs() }
      this.#askLater(asked)
    }
    return { outcome: 'pending', clockOffMs: 0, member }
  }

  /** Who asks while others look waits for what they find. */
  #find(): Promise<readonly FoundNode[]> {
    this.#finding ??= this.#options.find().finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  stop(): void {
    this.#wish++
    this.#cancel()
    this.#pending = undefined
  }

  #askLater(asked: Asked): void {
    const wish = this.#wish
    this.#cancel = this.#options.clock.after(askAgainMs, () => void this.#askAgain(asked, wish))
  }

  async #askAgain(asked: Asked, wish: number): Promise<void> {
    try {
      const { answer } = await this.#askFirst(asked, undefined)
      if (wish !== this.#wish) return
      if (answer.outcome === 'admitted') {
        this.stop()
        return await this.#options.onAdmitted(answer)
      }
    } catch (error) {
      if (!isOdError(error)) throw error
      if (wish !== this.#wish || this.#pending === undefined) return
      this.#pending = { ...this.#pending, error: error.message }
      if (error.code.startsWith('OD_JOIN_') && !error.retryable) return // the answer is no
    }
    if (wish === this.#wish) this.#askLater(asked)
  }

  /** With a token, of those that were found the one that knows it; a no of another is that of another cluster. */
  async #askFirst({ targets, areFound }: Asked, token: ReadToken | undefined) {
    let failure: unknown = new OdError('OD_JOIN_ADDRESS', { address: 'none' })
    for (const target of targets) {
      try {
        return { answer: await this.#askOne(target, areFound, token), member: target.peer }
      } catch (error) {
        failure = error
        const mayAnother = areFound && token !== undefined
        if (!isOdError(error) || !(mayAnother || error.code.startsWith('OD_LINK_'))) throw error
      }
    }
    throw failure
  }

  async #askOne(target: PeerAddress, isFound: boolean, token: ReadToken | undefined) {
    const { self, client, clock, wish } = this.#options
    const pair = { newcomer: self, member: target.peer }
    const body: WishBody = {
      protocol: membershipLimits.protocol,
      ...wish(),
      ...(token && { token: { id: token.id, proof: proofOf(token.hash, 'asks', pair) } }),
    }
    const answer = await askToJoin(client, target, body, clock)
    const proof = answer.outcome === 'admitted' ? answer.proof : undefined
    if (isFound && token !== undefined && !isProof(proof, token.hash, 'admits', pair)) {
      throw new OdError('OD_JOIN_UNPROVED', { peer: target.peer })
    }
    return answer.outcome === 'admitted' ? withWay(answer, target) : answer
  }
}

/** The way that has just worked is one to that member, though it knows nothing of it: a port that is forwarded, a name. */
function withWay(admitted: AdmittedBody, { peer, ...address }: PeerAddress): AdmittedBody {
  const way = formatMultiaddress(address)
  const told = admitted.members.find((member) => member.peer === peer)
  const addresses = [...new Set([...(told?.addresses ?? []), way])]
  const others = admitted.members.filter((member) => member !== told)
  return { ...admitted, members: [{ name: peer, ...told, peer, addresses }, ...others] }
}

/**
 * The target with which this node is in one cluster already. Throws OD_JOIN_SELF, and OD_JOIN_HAS_MEMBERS where there is none
 * and it has others.
 */
export function memberAmong(
  targets: readonly PeerAddress[],
  self: PeerId,
  others: readonly { readonly peer: PeerId }[],
): PeerId | undefined {
  if (targets.some(({ peer }) => peer === self)) throw new OdError('OD_JOIN_SELF')
  const known = targets.find(({ peer }) => others.some((other) => other.peer === peer))
  if (known === undefined && others.length > 0) {
    throw new OdError('OD_JOIN_HAS_MEMBERS', { count: others.length })
  }
  return known?.peer
}
