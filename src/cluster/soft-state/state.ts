import { type Random, seededRandom } from '../../sys/random.ts'
import type { NodeEntry, Version } from './entry.ts'
import { type Member, Members, type Status } from './members.ts'
import type { Packet } from './packet.ts'
import type { Timings } from './timings.ts'

export type SoftStateEvent =
  | { readonly type: 'tick' }
  /** The list of members is the caller's; nobody else is heard or kept. */
  | { readonly type: 'member.added'; readonly node: string }
  | { readonly type: 'member.removed'; readonly node: string }
  /** What this node says of itself from now on: the JSON of an object. */
  | { readonly type: 'body.changed'; readonly body: Uint8Array }
  | { readonly type: 'entry.signed'; readonly entry: NodeEntry }
  | { readonly type: 'packet.received'; readonly from: string; readonly packet: Packet }
  /** The rest of a packet whose entries had to be verified: only those with a right signature are left in it. */
  | { readonly type: 'packet.verified'; readonly from: string; readonly packet: VerifiedPacket }

export type SoftStateEffect =
  | { readonly type: 'startTimer'; readonly delayMs: number }
  | { readonly type: 'send'; readonly to: string; readonly packet: Packet }
  | {
      readonly type: 'sign'
      readonly head: Version & { readonly node: string; readonly lifetimeMs: number }
      readonly body: Uint8Array
    }
  | { readonly type: 'verify'; readonly from: string; readonly packet: Packet }
  /** A member's status or entry is another. */
  | { readonly type: 'announce'; readonly node: string; readonly status: Status }

export type VerifiedPacket = Packet & { readonly entries: readonly NodeEntry[] }

/** What this node is waiting for since the last probe. */
export interface Probe {
  readonly target: Member
  readonly number: number
  isAnswered: boolean
  /** Another member answered meanwhile, so this node is not the one cut off. */
  isHeard: boolean
}

/** A probe made for another member. */
export interface Errand {
  readonly target: string
  readonly origin: string
  /** The origin's number of it. */
  readonly originNumber: number
  readonly round: number
}

/** Owned by one loop and changed in place; see `step`. */
export interface SoftState {
  readonly self: string
  readonly timings: Timings
  readonly random: Random
  readonly members: Members
  epoch: number
  sequence: number
  body: Uint8Array
  /** The own entry has to be made anew: another body, a doubt to refute, an older start of this node that is still about. */
  isStale: boolean
  /** When it is made anew anyway, in lived time. */
  renewMs: number
  /** Milliseconds that this node was running for, by its own clock: a tick that comes late counts as two at most. */
  livedMs: number
  lastTickMs: number | undefined
  /** Members of which something new is to be told. */
  readonly news: Set<Member>
  round: number
  isSecondHalf: boolean
  lastNumber: number
  probe: Probe | undefined
  readonly errands: Map<number, Errand>
  /** Whose turn to be probed is still to come; the last is the next. */
  turns: Member[]
}

/** `epoch` should be greater than at the last start; where it is not, the node finds out from the others and goes above. */
export function initialState(options: {
  self: string
  epoch: number
  timings: Timings
  seed: number
  body: Uint8Array
}): SoftState {
  const { self, epoch, timings, seed, body } = options
  const members = new Members()
  members.add(self)
  return {
    self,
    timings,
    random: seededRandom(seed),
    members,
    epoch,
    sequence: 0,
    body,
    isStale: true,
    renewMs: 0,
    livedMs: 0,
    lastTickMs: undefined,
    news: new Set(),
    round: 0,
    isSecondHalf: true, // the first tick signs, the second tells
    lastNumber: 0,
    probe: undefined,
    errands: new Map(),
    turns: [],
  }
}
