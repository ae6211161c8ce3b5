/** Whether other nodes can dial this one, from what they say who tried. Pure. */
import type { PeerId } from '../identity/index.ts'
import type { RelayLimits } from './limits.ts'

/** What a member said that was asked to dial back; `unknown` also when it has heard of no address to dial. */
export type Testimony = 'reached' | 'not-reached' | 'unknown'

export interface Witness {
  readonly said: Testimony
  readonly atMs: number
}

/** The newest word of each member that was asked since this node's addresses changed. */
export type Witnesses = ReadonlyMap<PeerId, Witness>

/**
 * A node needs relays until somebody has reached it, and while anybody has not: those behind the same wall reach it, and
 * others do not.
 */
export function needsRelay(witnesses: Witnesses): boolean {
  const said = [...witnesses.values()].map((witness) => witness.said)
  return said.includes('not-reached') || !said.includes('reached')
}

/** Whom to ask now, out of members in the order of preference, and what still counts of what was said. */
export function dueWitnesses(
  witnesses: Witnesses,
  members: readonly PeerId[],
  nowMs: number,
  limits: Pick<RelayLimits, 'witnesses' | 'sureMs' | 'unsureMs' | 'unknownMs'>,
): { readonly ask: readonly PeerId[]; readonly kept: Witnesses } {
  const kept = new Map([...witnesses].filter(([peer]) => members.includes(peer)))
  const room = Math.max(0, limits.witnesses - kept.size)
  const others = members.filter((peer) => !kept.has(peer)).slice(0, room)
  const lastsMs = {
    reached: limits.sureMs,
    'not-reached': limits.unsureMs,
    unknown: limits.unknownMs,
  }
  const due = [...kept].filter(([, { said, atMs }]) => nowMs - atMs >= lastsMs[said])
  return { ask: [...due.map(([peer]) => peer), ...others], kept }
}
