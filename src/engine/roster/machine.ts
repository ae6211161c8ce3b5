/**
 * What becomes of each engine when it is told of, asked, and used. An engine may be sent requests once it has answered a
 * probe and shown its lists; it may not after failures in a row, until a probe is answered again.
 *
 * In here `nowMs` is milliseconds since 1970: it dates what people are shown, and decides nothing.
 */
import type { Decision } from '../../core/loop.ts'
import {
  admit,
  type EngineProcess,
  type Fault,
  limits,
  type Member,
  nextProbeMs,
  type ProbeAnswer,
  type RosterState,
} from './member.ts'

/** What whoever builds the node tells of its engines. */
export type EngineReport =
  | {
      readonly type: 'engine.added'
      readonly engine: string
      readonly kind: Member['kind']
      /** Origin; for an embedded engine the one it is meant to take, until it tells its own. */
      readonly url: string
    }
  | { readonly type: 'engine.starting'; readonly engine: string; readonly reason: string }
  | {
      readonly type: 'engine.ready'
      readonly engine: string
      readonly url: string
      readonly process?: EngineProcess
    }
  | {
      readonly type: 'engine.exited'
      readonly engine: string
      readonly state: 'restarting' | 'stopped' | 'crash-loop'
      readonly reason: string
    }
  /** Nothing is kept of it; answers that it still gives are nobody's. */
  | { readonly type: 'engine.removed'; readonly engine: string }

export type RosterEvent =
  | EngineReport
  | {
      readonly type: 'probe.answered'
      readonly engine: string
      /** Which probe; only the newest counts. */
      readonly probe: number
      /** Monotonic time at which it was sent: its lists are no older than that. */
      readonly sentMs: number
      readonly durationMs: number
      readonly answer: ProbeAnswer
    }
  | {
      readonly type: 'probe.failed'
      readonly engine: string
      readonly probe: number
      readonly sentMs: number
      readonly durationMs: number
      readonly reason: string
    }
  /** Somebody needs to know now. */
  | { readonly type: 'probe.wanted'; readonly engine: string }
  | { readonly type: 'request.begun'; readonly engine: string }
  | { readonly type: 'request.succeeded'; readonly engine: string }
  | { readonly type: 'request.failed'; readonly engine: string; readonly fault: Fault }
  | { readonly type: 'timer.fired'; readonly engine: string; readonly timer: number }

export type RosterEffect =
  | {
      readonly type: 'probe'
      readonly engine: string
      readonly probe: number
      readonly url: string
    }
  | {
      readonly type: 'startTimer'
      readonly engine: string
      readonly timer: number
      readonly delayMs: number
    }
  /** The engine came into another state. */
  | { readonly type: 'announce'; readonly engine: string }
  /** It has a process of ours, which lives, and has not answered for so long that only a new one helps. */
  | { readonly type: 'replace'; readonly engine: string; readonly reason: string }

type RosterDecision = Decision<RosterState, RosterEffect>

/** `intervalMs`: between two probes of an engine that is well. */
export function makeStep(intervalMs: number) {
  return (state: RosterState, event: RosterEvent, nowMs: number): RosterDecision => {
    if (event.type === 'engine.added') {
      if (state.has(event.engine)) return { state, effects: [] }
      return probeNow(state, admit(event, nowMs), true)
    }
    const member = state.get(event.engine)
    if (member === undefined) return { state, effects: [] } // never told of: nothing to say about it
    return stepMember({ state, member, nowMs, intervalMs }, event)
  }
}

interface Case {
  readonly state: RosterState
  readonly member: Member
  readonly nowMs: number
  readonly intervalMs: number
}

function stepMember(of: Case, event: Exclude<RosterEvent, { type: 'engine.added' }>) {
  const { state, member, nowMs } = of
  switch (event.type) {
    case 'engine.starting':
      return told(of, quiet(member, 'starting', event.reason, nowMs))
    case 'engine.exited':
      return told(of, quiet(member, event.state, event.reason, nowMs))
    case 'engine.ready': {
      const { url, process } = event
      const silent = quiet(member, 'starting', 'it listens', nowMs)
      return told(of, { ...silent, url, process, isListening: true })
    }
    case 'engine.removed': {
      const left = new Map(state)
      left.delete(member.id)
      return { state: left, effects: [] }
    }
    case 'probe.answered':
      return event.probe === member.probe ? answered(of, event) : same(state)
    case 'probe.failed':
      return event.probe === member.probe ? probeFailed(of, event) : same(state)
    case 'probe.wanted':
      return probeNow(state, member)
    case 'timer.fired':
      return event.timer === member.serial ? probeNow(state, member) : same(state)
    case 'request.begun':
      return put(state, { ...member, activeRequests: member.activeRequests + 1 })
    case 'request.succeeded': {
      const served = { ...member, activeRequests: member.activeRequests - 1 }
      if (member.state === 'running') return put(state, { ...served, failuresInRow: 0 })
      return put(state, { ...served, probesInState: 0 }) // it is slow, and works
    }
    case 'request.failed':
      return requestFailed(of, event.fault)
  }
}

function told({ state, member }: Case, next: Member): RosterDecision {
  return probeNow(state, next, next.state !== member.state)
}

/** The reason of an engine whose server answers and whose scheduler does not. */
const hangs = 'it answers, but does not show its models'

/** After a failure it is on trial: the next one counts in full, and a second probe soon ends the trial. */
function answered(
  { state, member, nowMs, intervalMs }: Case,
  event: Extract<RosterEvent, { type: 'probe.answered' }>,
): RosterDecision {
  const { answer, sentMs, durationMs } = event
  const lateListsInRow = answer.areListsLate ? member.lateListsInRow + 1 : 0
  if (lateListsInRow >= limits.lateListsInRow) {
    const late = { ...member, lateListsInRow, version: answer.version }
    return probeFailed({ state, member: late, nowMs, intervalMs }, { ...event, reason: hangs })
  }
  const lists = answer.lists ?? member.lists
  const isNew = member.state !== 'running' && lists !== undefined
  const next: Member = {
    ...member,
    ...(isNew ? { state: 'running', sinceMs: nowMs, reason: 'it answers' } : {}),
    ...(lists === undefined ? { reason: 'it does not show its models yet' } : {}),
    version: answer.version,
    lists,
    failuresInRow: isNew && member.state === 'unhealthy' ? limits.failuresInRow - 1 : 0,
    lateListsInRow,
    probe: undefined,
    probesInState: isNew ? 0 : member.probesInState + 1,
    probedMs: sentMs,
    lastProbe: { atMs: nowMs, ok: true, durationMs },
  }
  return waitForNext(state, next, { intervalMs, isChanged: isNew })
}

function probeFailed(
  { state, member, nowMs, intervalMs }: Case,
  event: Omit<Extract<RosterEvent, { type: 'probe.failed' }>, 'type'>,
): RosterDecision {
  const { sentMs, durationMs, reason } = event
  const by = reason === hangs ? limits.failuresInRow : 1
  const failed = countFailures(member, by, reason, nowMs)
  const next: Member = {
    ...failed,
    probe: undefined,
    probesInState: failed.probesInState + 1,
    probedMs: sentMs,
    lastProbe: { atMs: nowMs, ok: false, durationMs },
  }
  const decision = waitForNext(state, next, {
    intervalMs,
    isChanged: failed.state !== member.state,
  })
  const isHung = next.state === 'unhealthy' && next.probesInState === limits.hungProbes + 1
  if (!isHung || next.process === undefined) return decision
  const replace: RosterEffect = {
    type: 'replace',
    engine: member.id,
    reason: `it hangs: ${reason}`,
  }
  return { state: decision.state, effects: [...decision.effects, replace] }
}

/**
 * A request that found nobody takes the engine out at once, so that the next one does not try in vain; the probe that
 * follows brings it back within milliseconds if it was a mistake. A broken answer is one failure: its runner may be the
 * cause.
 */
function requestFailed({ state, member, nowMs }: Case, fault: Fault): RosterDecision {
  const served = { ...member, activeRequests: member.activeRequests - 1 }
  if (!member.isListening) return put(state, served) // its end is known already
  const failed =
    fault === 'unreachable'
      ? countFailures(served, limits.failuresInRow, 'a request found nobody', nowMs)
      : countFailures(served, 1, 'it broke answers off', nowMs)
  return probeNow(state, failed, failed.state !== member.state)
}

function countFailures(member: Member, by: number, reason: string, nowMs: number): Member {
  const failuresInRow = member.failuresInRow + by
  const isDown = failuresInRow >= limits.failuresInRow && member.state !== 'unhealthy'
  return isDown
    ? { ...member, failuresInRow, state: 'unhealthy', sinceMs: nowMs, reason, probesInState: 0 }
    : { ...member, failuresInRow }
}

/**
 * An engine that does not listen: nothing is asked of it, and what was asked no longer counts. Its models are on disk and
 * stay known, so that a request for one is told to come back and not that there is no such model.
 */
function quiet(member: Member, state: Member['state'], reason: string, nowMs: number): Member {
  return {
    ...member,
    state,
    sinceMs: state === member.state ? member.sinceMs : nowMs,
    reason,
    process: undefined,
    version: undefined,
    lists: member.lists && { models: member.lists.models, loaded: [] },
    isListening: false,
    failuresInRow: 0,
    lateListsInRow: 0,
    probe: undefined,
    probesInState: 0,
    serial: member.serial + 1,
  }
}

function probeNow(state: RosterState, member: Member, isChanged = false): RosterDecision {
  const change = isChanged ? [announce(member)] : []
  if (!member.isListening || member.probe !== undefined) return put(state, member, change)
  const probe = member.serial + 1
  return put(state, { ...member, serial: probe, probe }, [
    ...change,
    { type: 'probe', engine: member.id, probe, url: member.url },
  ])
}

function waitForNext(
  state: RosterState,
  member: Member,
  { intervalMs, isChanged }: { intervalMs: number; isChanged: boolean },
): RosterDecision {
  const timer = member.serial + 1
  return put(state, { ...member, serial: timer }, [
    ...(isChanged ? [announce(member)] : []),
    { type: 'startTimer', engine: member.id, timer, delayMs: nextProbeMs(member, intervalMs) },
  ])
}

function announce({ id }: Member): RosterEffect {
  return { type: 'announce', engine: id }
}

function put(
  state: RosterState,
  member: Member,
  effects: readonly RosterEffect[] = [],
): RosterDecision {
  return { state: new Map(state).set(member.id, member), effects }
}

function same(state: RosterState): RosterDecision {
  return { state, effects: [] }
}
