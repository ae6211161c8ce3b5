/** Where a node that cannot be dialled keeps streams open, and how many. Pure. */
import type { Decision } from '../../core/loop.ts'
import type { PeerId } from '../identity/index.ts'
import type { RelayLimits } from './limits.ts'

export type ParkingEvent =
  /** Members that can be dialled, in the order in which this node prefers them; none when it needs no relay. */
  | { readonly type: 'candidates'; readonly peers: readonly PeerId[] }
  /** A stream is parked there. */
  | { readonly type: 'parked'; readonly relay: PeerId }
  /** One that was to be parked could not be. */
  | { readonly type: 'failed'; readonly relay: PeerId }
  /** A parked one is in use now, or broke. */
  | { readonly type: 'gone'; readonly relay: PeerId }
  /** It may be time to try again. */
  | { readonly type: 'tick' }

export type ParkingEffect =
  | { readonly type: 'open'; readonly relay: PeerId }
  /** Its parked streams are to be closed. */
  | { readonly type: 'leave'; readonly relay: PeerId }

/** A member that streams are, or were to be, parked at. */
interface Relay {
  readonly parked: number
  readonly opening: number
  readonly failures: number
  /** Not tried before. */
  readonly notBeforeMs: number
  /** Others may be told that it passes connections on: a stream was parked, and it was not lost since. */
  readonly isUp: boolean
}

export interface ParkingState {
  readonly candidates: readonly PeerId[]
  readonly relays: ReadonlyMap<PeerId, Relay>
}

export const initialParking: ParkingState = { candidates: [], relays: new Map() }

type Bounds = Pick<RelayLimits, 'relays' | 'parked' | 'retryMs' | 'retryMsMax'>

const fresh: Relay = { parked: 0, opening: 0, failures: 0, notBeforeMs: 0, isUp: false }

export function parkingStep(bounds: Bounds) {
  return (
    state: ParkingState,
    event: ParkingEvent,
    nowMs: number,
  ): Decision<ParkingState, ParkingEffect> => {
    const relays = new Map(state.relays)
    if (event.type === 'candidates') return settle(event.peers, relays, bounds, nowMs)
    if (event.type !== 'tick') {
      const relay = relays.get(event.relay)
      if (relay === undefined) return { state, effects: [] } // it was left meanwhile
      relays.set(event.relay, after(relay, event.type, bounds, nowMs))
    }
    return settle(state.candidates, relays, bounds, nowMs)
  }
}

/** Relays that others may be told of. */
export function relaysUp({ relays }: ParkingState): readonly PeerId[] {
  return [...relays].flatMap(([peer, { isUp }]) => (isUp ? [peer] : []))
}

/** When a tick is due; undefined when nothing waits for one. */
export function parkingTickMs({ relays }: ParkingState, nowMs: number): number | undefined {
  const due = [...relays.values()].map(({ notBeforeMs }) => notBeforeMs).filter((at) => at > nowMs)
  return due.length === 0 ? undefined : Math.min(...due)
}

function after(
  relay: Relay,
  type: 'parked' | 'failed' | 'gone',
  { retryMs, retryMsMax }: Bounds,
  nowMs: number,
): Relay {
  const { opening, parked, failures } = relay
  if (type === 'parked') {
    return { parked: parked + 1, opening: opening - 1, failures: 0, notBeforeMs: 0, isUp: true }
  }
  if (type === 'gone') return { ...relay, parked: parked - 1 }
  // Of several that fail together the first one counts.
  const isFirst = relay.notBeforeMs <= nowMs
  const waitMs = Math.min(retryMs * 2 ** failures, retryMsMax)
  return {
    parked,
    opening: opening - 1,
    failures: isFirst ? failures + 1 : failures,
    notBeforeMs: isFirst ? nowMs + waitMs : relay.notBeforeMs,
    isUp: parked > 0,
  }
}

/** Keeps relays that are candidates still, looks for others in place of those that fail, and opens what is missing. */
function settle(
  candidates: readonly PeerId[],
  relays: Map<PeerId, Relay>,
  bounds: Bounds,
  nowMs: number,
): Decision<ParkingState, ParkingEffect> {
  const effects: ParkingEffect[] = []
  for (const relay of relays.keys()) {
    if (candidates.includes(relay)) continue
    relays.delete(relay)
    effects.push({ type: 'leave', relay })
  }
  const isFailing = ({ notBeforeMs, parked }: Relay) => notBeforeMs > nowMs && parked === 0
  let wanted = bounds.relays - [...relays.values()].filter((relay) => !isFailing(relay)).length
  for (const peer of candidates) {
    if (wanted <= 0) break
    if (relays.has(peer)) continue
    relays.set(peer, fresh)
    wanted--
  }
  for (const [relay, known] of relays) {
    const isSpare = wanted < 0 && known.parked === 0 && known.opening === 0
    if (isSpare) {
      // It came back when another had taken its place already.
      wanted++
      relays.delete(relay)
      continue
    }
    if (known.notBeforeMs > nowMs) continue
    const missing = bounds.parked - known.parked - known.opening
    if (missing <= 0) continue
    relays.set(relay, { ...known, opening: known.opening + missing })
    for (let i = 0; i < missing; i++) effects.push({ type: 'open', relay })
  }
  return { state: { candidates, relays }, effects }
}
