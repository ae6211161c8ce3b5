/** A wish to join: asked of one member after the other, and asked again while someone has to approve it. */
import type { PeerId } from '../../cluster/identity/index.ts'
import type { LinksClient } from '../../cluster/links/index.ts'
import {
  type AdmittedBody,
  askToJoin,
  membershipLimits,
  type PeerAddress,
  type WishBody,
} from '../../cluster/membership/index.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'

interface JoiningOptions {
  readonly client: LinksClient
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
}

/** Between two questions of a node that waits for approval. */
const askAgainMs = 1_000

export class Joining {
  readonly #options: JoiningOptions
  #pending: Pending | undefined
  #cancel = () => {}
  /** Grows with each wish; what belongs to an older one counts no more. */
  #wish = 0

  constructor(options: JoiningOptions) {
    this.#options = options
  }

  /** The wish that waits, or was refused while it waited. */
  get pending(): Pending | undefined {
    return this.#pending
  }

  /** Takes the place of a wish before. Throws what the members say, or why none of them can be reached. */
  async ask(targets: readonly PeerAddress[], token: string | undefined): Promise<Joined> {
    this.stop()
    const wish = this.#wish
    const answer = await this.#askFirst(targets, token)
    if (answer.outcome === 'admitted') {
      await this.#options.onAdmitted(answer)
      return { outcome: 'admitted', clockOffMs: answer.clockOffMs }
    }
    if (wish === this.#wish) {
      this.#pending = { node: answer.node, sinceMs: this.#options.clock.wallMs() }
      this.#askLater(targets)
    }
    return { outcome: 'pending', clockOffMs: 0 }
  }

  stop(): void {
    this.#wish++
    this.#cancel()
    this.#pending = undefined
  }

  #askLater(targets: readonly PeerAddress[]): void {
    const wish = this.#wish
    this.#cancel = this.#options.clock.after(askAgainMs, () => void this.#askAgain(targets, wish))
  }

  async #askAgain(targets: readonly PeerAddress[], wish: number): Promise<void> {
    try {
      const answer = await this.#askFirst(targets, undefined)
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
    if (wish === this.#wish) this.#askLater(targets)
  }

  async #askFirst(targets: readonly PeerAddress[], token: string | undefined) {
    const { client, clock, wish } = this.#options
    const body: WishBody = {
      protocol: membershipLimits.protocol,
      ...wish(),
      ...(token === undefined ? {} : { token }),
    }
    let failure: unknown = new OdError('OD_JOIN_ADDRESS', { address: 'none' })
    for (const target of targets) {
      try {
        return await askToJoin(client, target, body, clock)
      } catch (error) {
        failure = error
        if (!isOdError(error) || !error.code.startsWith('OD_LINK_')) throw error
      }
    }
    throw failure
  }
}

/** Whether one of the targets is one of these members. */
export function isAmong(
  members: readonly { readonly peer: PeerId }[],
  targets: readonly PeerAddress[],
): boolean {
  return targets.some((target) => members.some(({ peer }) => peer === target.peer))
}
