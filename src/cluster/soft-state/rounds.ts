import { doubt, nextNumber } from './exchange.ts'
import type { Member } from './members.ts'
import { type Head, headBytes, type Packet, packetBytes } from './packet.ts'
import type { SoftState, SoftStateEffect } from './state.ts'
import { limits } from './timings.ts'

/** Half a round: the first half probes and tells, the second asks others to probe and makes the own entry anew. */
export function tick(state: SoftState, nowMs: number): SoftStateEffect[] {
  const halfMs = state.timings.roundMs / 2
  const passedMs = nowMs - (state.lastTickMs ?? nowMs)
  state.lastTickMs = nowMs
  state.livedMs += Math.min(Math.max(passedMs, 0), 2 * halfMs)
  if (passedMs > 2 * halfMs || passedMs < 0) {
    state.probe = undefined // answers may lie unread: this node stood still, or its clock was put
  }
  state.isSecondHalf = !state.isSecondHalf
  return [
    ...buryUnrefuted(state),
    ...(state.isSecondHalf ? [...askOthers(state), ...renew(state)] : startRound(state)),
    { type: 'startTimer', delayMs: halfMs },
  ]
}

function buryUnrefuted(state: SoftState): SoftStateEffect[] {
  const { members, livedMs, timings } = state
  const scale = Math.max(1, Math.log10(members.list.length))
  const due = [...members.suspects].filter(
    ({ doubtedMs }) => livedMs - doubtedMs >= timings.suspicionMs * scale,
  )
  return due.map((member) => {
    members.bury(member)
    return { type: 'announce', node: member.node, status: member.status }
  })
}

function startRound(state: SoftState): SoftStateEffect[] {
  state.round += 1
  for (const [number, errand] of state.errands) {
    if (state.round - errand.round > 1) state.errands.delete(number)
  }
  const effects = judge(state)
  const target = nextTarget(state)
  if (target === undefined) return effects
  if (isExpired(state, target)) effects.push(...doubt(state, target, 'shared'))
  const number = nextNumber(state)
  state.probe = { target, number, isAnswered: false, isHeard: false }
  return [...effects, ...tell(state, target, number)]
}

/** Ends the last round's probe. */
function judge(state: SoftState): SoftStateEffect[] {
  const { probe } = state
  state.probe = undefined
  if (probe === undefined || probe.isAnswered || probe.target.doubt === 'shared') return []
  return doubt(state, probe.target, probe.isHeard ? 'shared' : 'own')
}

/** Sends this round's news: to the target with the probe, to some more if there is any. */
function tell(state: SoftState, target: Member, ping: number): SoftStateEffect[] {
  const { members } = state
  const heads: Head[] = []
  if (target.doubt === 'shared') heads.push(members.head(target)) // it is the one to refute it
  const probe: Packet = { ping, digest: members.digest(1), heads }
  const news = takeNews(state, limits.packetBytesMax - packetBytes(probe))
  const first: SoftStateEffect = {
    type: 'send',
    to: target.node,
    packet: { ...probe, heads: [...heads, ...news.heads], entries: news.entries },
  }
  if (news.heads.length + news.entries.length === 0) return [first]
  const others = draw(state, limits.fanout - 1, target)
  return [first, ...others.map(({ node }) => ({ type: 'send' as const, to: node, packet: news }))]
}

function takeNews(state: SoftState, bytesMax: number): Required<Pick<Packet, 'heads' | 'entries'>> {
  const heads = []
  const entries = []
  let bytes = 0
  for (const member of state.news) {
    const head = member.doubt === 'shared' ? state.members.head(member) : undefined
    bytes += head ? headBytes(head) : (member.entry?.bytes.length ?? 0)
    if (bytes > bytesMax) break
    state.news.delete(member)
    if (head) heads.push(head)
    else if (member.entry) entries.push(member.entry)
  }
  return { heads, entries }
}

function askOthers(state: SoftState): SoftStateEffect[] {
  const { probe } = state
  if (probe === undefined || probe.isAnswered) return []
  const pingFor = { target: probe.target.node, number: probe.number }
  return draw(state, limits.helpers, probe.target).map(({ node }) => ({
    type: 'send',
    to: node,
    packet: { pingFor },
  }))
}

/** Makes the own entry anew where it must be: at most one a round, whatever is asked. */
function renew(state: SoftState): SoftStateEffect[] {
  const { self, livedMs, timings } = state
  if (!state.isStale && livedMs < state.renewMs) return []
  state.isStale = false
  // not all at once, though they may have started together
  state.renewMs = livedMs + ((1 + state.random.number()) * timings.lifetimeMs) / 6
  state.sequence += 1
  const { epoch, sequence, body } = state
  const head = { node: self, epoch, sequence, lifetimeMs: timings.lifetimeMs }
  return [{ type: 'sign', head, body }]
}

function isExpired({ livedMs }: SoftState, { entry, doubt, receivedMs }: Member): boolean {
  return entry !== undefined && doubt !== 'shared' && livedMs - receivedMs > entry.lifetimeMs
}

/** Everybody in turn in an order that is drawn anew each time (SWIM §4.3), the dead now and then. */
function nextTarget(state: SoftState): Member | undefined {
  const { members, random, self } = state
  if (members.dead.size > 0 && state.round % limits.deadProbeRounds === 0) {
    return [...members.dead][Math.floor(random.number() * members.dead.size)]
  }
  for (let next = state.turns.pop(); next !== undefined; next = state.turns.pop()) {
    if (next.status !== 'dead') return next
  }
  const all = members.list.filter(({ node }) => node !== self)
  const living = all.filter(({ status }) => status !== 'dead')
  state.turns = shuffled(living.length > 0 ? living : all, () => random.number())
  return state.turns.pop()
}

/** Up to `count` different members that are not dead; after some misses it makes do with fewer. */
function draw(state: SoftState, count: number, except: Member): Member[] {
  const { members, random, self } = state
  const drawn = new Set<Member>()
  for (let tries = 0; tries < 8 * count && drawn.size < count; tries++) {
    const one = members.list[Math.floor(random.number() * members.list.length)]
    if (one && one !== except && one.node !== self && one.status !== 'dead') drawn.add(one)
  }
  return [...drawn]
}

/** Fisher–Yates. */
function shuffled(list: readonly Member[], random: () => number): Member[] {
  const result = [...list]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const one = result[i] as Member
    result[i] = result[j] as Member
    result[j] = one
  }
  return result
}
