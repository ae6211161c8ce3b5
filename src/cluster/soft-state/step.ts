/**
 * What all members know of each other: one signed entry per node, spread by rumour, and a judgement on who lives.
 *
 * - News goes to a few random peers, each of which tells it on once; what that misses is found by comparing digests with
 *   the member that is probed (Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987).
 * - Members are probed in turn, directly, then through others. A probe that fails makes a doubt, which spreads as well; one
 *   that nobody refutes in time makes a member dead (Das, Gupta, Motivala, "SWIM", DSN 2002). A refutation is simply a newer
 *   entry, and a doubt names the entry that it is about, so the newest always wins, also over a death.
 * - A node that may itself be at fault accuses nobody: time in which it did not run does not count, and without an answer
 *   from anybody it keeps its doubts to itself (after Dadgar, Phillips, Currey, "Lifeguard", DSN-W 2018, which also tells a
 *   suspect first; its growing time-outs are left out, the simulation has no false death without them). That another member
 *   found one dead kills nobody here: each waits for a refutation itself.
 */
import type { Decision } from '../../core/loop.ts'
import { receive } from './exchange.ts'
import { tick } from './rounds.ts'
import type { SoftState, SoftStateEffect, SoftStateEvent } from './state.ts'

/**
 * Pure to its caller: no clock but `nowMs`, no chance but the state's seed, and every act is an effect. It takes the state over
 * and gives the same object back, changed: with a thousand members a copy per packet would cost more than all
 * the rest. Whoever calls it must go on with what it answers.
 */
export function step(
  state: SoftState,
  event: SoftStateEvent,
  nowMs: number,
): Decision<SoftState, SoftStateEffect> {
  return { state, effects: decide(state, event, nowMs) }
}

function decide(state: SoftState, event: SoftStateEvent, nowMs: number): SoftStateEffect[] {
  switch (event.type) {
    case 'tick':
      return tick(state, nowMs)
    case 'packet.received':
      return received(state, event)
    case 'packet.verified':
      return state.members.get(event.from) ? receive(state, event.from, event.packet) : []
    case 'entry.signed':
      return signed(state, event)
    case 'member.added':
      state.members.add(event.node)
      return []
    case 'member.removed':
      return removed(state, event.node)
    case 'body.changed':
      state.body = event.body
      state.isStale = true
      return []
  }
}

/** Only what is newer than what is here is worth its verification. */
function received(
  state: SoftState,
  { from, packet }: Extract<SoftStateEvent, { type: 'packet.received' }>,
): SoftStateEffect[] {
  if (state.members.get(from) === undefined) return [] // a stranger, or one that was removed
  const entries = (packet.entries ?? []).filter((entry) => state.members.toldBy(entry))
  if (entries.length > 0) return [{ type: 'verify', from, packet: { ...packet, entries } }]
  return receive(state, from, { ...packet, entries: [] })
}

function signed(
  state: SoftState,
  { entry }: Extract<SoftStateEvent, { type: 'entry.signed' }>,
): SoftStateEffect[] {
  const member = state.members.toldBy(entry)
  if (member?.node !== state.self) return []
  state.members.accept(member, entry, state.livedMs)
  state.news.add(member)
  return [{ type: 'announce', node: state.self, status: member.status }]
}

function removed(state: SoftState, node: string): SoftStateEffect[] {
  const member = state.members.get(node)
  if (member === undefined) return []
  state.members.remove(node)
  state.news.delete(member)
  state.turns = state.turns.filter((other) => other !== member)
  if (state.probe?.target === member) state.probe = undefined
  return []
}
