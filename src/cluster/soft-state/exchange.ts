import { isNewer, type SealedEntry } from './entry.ts'
import type { Member } from './members.ts'
import { type Head, headBytes, type Packet, packetBytes } from './packet.ts'
import type { SoftState, SoftStateEffect, VerifiedPacket } from './state.ts'
import { limits } from './timings.ts'

/** Takes in what a member sent; everything that is to be said to it goes into one packet. */
export function receive(state: SoftState, from: string, packet: VerifiedPacket): SoftStateEffect[] {
  const effects: SoftStateEffect[] = []
  const answer = new Answer()
  for (const entry of packet.entries) effects.push(...takeEntry(state, entry))
  for (const head of packet.heads ?? []) effects.push(...takeHead(state, head, answer))
  if (packet.ack !== undefined) effects.push(...acknowledged(state, from, packet.ack))
  if (packet.heard !== undefined) heard(state, packet.heard)
  if (packet.ping !== undefined) answer.packet.ack = packet.ping
  if (packet.pingFor !== undefined) effects.push(...goAsking(state, from, packet.pingFor, answer))
  if (packet.digest?.length) compare(state, packet.digest, answer)
  if (!answer.isEmpty) effects.push({ type: 'send', to: from, packet: answer.packet })
  return effects
}

/** What goes back to the sender, within the bounds of one packet. */
class Answer {
  readonly packet: Packet & {
    ack?: number
    heard?: number
    digest?: Uint32Array
    heads: Head[]
    entries: SealedEntry[]
  } = { heads: [], entries: [] }
  #bytes = packetBytes({ ping: 0, ack: 0, heard: 0 })

  get roomBytes(): number {
    return limits.packetBytesMax - this.#bytes
  }

  get isEmpty(): boolean {
    const { heads, entries, ...rest } = this.packet
    return heads.length + entries.length === 0 && Object.keys(rest).length === 0
  }

  head(head: Head): void {
    if (headBytes(head) > this.roomBytes) return
    this.packet.heads.push(head)
    this.#bytes += headBytes(head)
  }

  entry(entry: SealedEntry): void {
    if (entry.bytes.length > this.roomBytes) return
    this.packet.entries.push(entry)
    this.#bytes += entry.bytes.length
  }

  digest(digest: Uint32Array): void {
    if (4 * digest.length > this.roomBytes) return
    this.packet.digest = digest
    this.#bytes += 4 * digest.length
  }
}

function takeEntry(state: SoftState, entry: VerifiedPacket['entries'][number]): SoftStateEffect[] {
  const { members, self } = state
  const member = members.toldBy(entry)
  if (member === undefined) return []
  if (entry.node === self) {
    // an earlier start of this node got further than `epoch` says
    state.epoch = entry.epoch + 1
    state.sequence = 0
    state.isStale = true
    return []
  }
  members.accept(member, entry, state.livedMs)
  state.news.add(member)
  return [{ type: 'announce', node: member.node, status: member.status }]
}

function takeHead(state: SoftState, head: Head, answer: Answer): SoftStateEffect[] {
  const { members, self } = state
  const member = members.get(head.node)
  if (member === undefined) return []
  const own = members.version(member)
  if (isNewer(head, own)) {
    answer.head(members.head(member)) // it is answered with the entry
  } else if (isNewer(own, head)) {
    if (member.entry) answer.entry(member.entry)
  } else if (head.isDoubted && head.node === self) {
    state.isStale = true
  } else if (head.isDoubted && member.doubt !== 'shared') {
    return doubt(state, member, 'shared')
  } else if (!head.isDoubted && member.doubt === 'shared') {
    answer.head(members.head(member))
  }
  return []
}

/** A doubt that is shared is told to others; one of our own is not. */
export function doubt(state: SoftState, member: Member, kind: 'own' | 'shared'): SoftStateEffect[] {
  const before = member.status
  state.members.doubt(member, kind, state.livedMs)
  if (kind === 'shared') state.news.add(member)
  const { node, status } = member
  return status === before ? [] : [{ type: 'announce', node, status }]
}

/** Somebody answered, so this node is not cut off (any more), and what it thought of others while it was is void. */
function acknowledged(state: SoftState, from: string, number: number): SoftStateEffect[] {
  const { probe, members } = state
  const errand = state.errands.get(number)
  if (errand !== undefined && errand.target === from) {
    state.errands.delete(number)
    return [{ type: 'send', to: errand.origin, packet: { ack: errand.originNumber } }]
  }
  if (probe?.number !== number) return []
  probe.isAnswered = true
  return [...members.ownDoubts].map((member) => {
    members.withdraw(member)
    return { type: 'announce', node: member.node, status: member.status }
  })
}

function heard({ probe }: SoftState, number: number): void {
  if (probe?.number === number) probe.isHeard = true
}

function goAsking(
  state: SoftState,
  origin: string,
  { target, number: originNumber }: NonNullable<Packet['pingFor']>,
  answer: Answer,
): SoftStateEffect[] {
  answer.packet.heard = originNumber
  const isOther = state.members.get(target) !== undefined && target !== state.self
  if (!isOther || state.errands.size >= limits.errandsMax) return []
  const ping = nextNumber(state)
  state.errands.set(ping, { target, origin, originNumber, round: state.round })
  return [{ type: 'send', to: target, packet: { ping } }]
}

/** Answers a coarse digest with a finer one, and that with what is known where they differ. */
function compare({ members }: SoftState, digest: Uint32Array, answer: Answer): void {
  const own = members.digest(digest.length)
  if (own.every((hash, bucket) => hash === digest[bucket])) return
  const finer = members.digest()
  if (finer.length > digest.length) return answer.digest(finer)
  for (const head of members.headsWhere(digest, answer.roomBytes)) answer.head(head)
}

/** Numbers of probes; 32 bits, then from the start again. */
export function nextNumber(state: SoftState): number {
  state.lastNumber = (state.lastNumber + 1) % 2 ** 32
  return state.lastNumber
}
