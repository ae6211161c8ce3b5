import type {
  EngineKind,
  EngineState,
  EngineView,
  LoadedListing,
  ModelListing,
} from '../../core/engine.ts'

/** What an engine has: its `/api/tags` and `/api/ps`. */
export interface EngineLists {
  readonly models: readonly ModelListing[]
  readonly loaded: readonly LoadedListing[]
}

/** An engine that said its version is alive; its lists may be late, as they are while a disk or a load is slow. */
export interface ProbeAnswer {
  readonly version: string
  readonly lists: EngineLists | undefined
  /** True when the lists were waited for in vain, as where the engine's scheduler hangs behind a server that answers. */
  readonly areListsLate: boolean
}

/** How a request failed without an answer: nobody took it, or the answer broke off. */
export type Fault = 'unreachable' | 'died'

/** The process of an engine that this node started. */
export interface EngineProcess {
  readonly pid: number
  /** Milliseconds since 1970. */
  readonly startedMs: number
}

/** One engine, as the roster knows it. */
export interface Member {
  readonly id: string
  readonly kind: EngineKind
  readonly url: string
  readonly process: EngineProcess | undefined
  readonly state: EngineState
  /** Milliseconds since 1970. */
  readonly sinceMs: number
  readonly reason: string
  /** True while it makes sense to ask it. */
  readonly isListening: boolean
  readonly version: string | undefined
  readonly lists: EngineLists | undefined
  readonly activeRequests: number
  /** Probes and requests that failed since the last that did not. */
  readonly failuresInRow: number
  /** Probes in a row whose lists were late. */
  readonly lateListsInRow: number
  /** The probe under way. */
  readonly probe: number | undefined
  /** Probes that ended since it came into its state. */
  readonly probesInState: number
  /** The number given last to a probe or a timer; a timer with an older one means nothing any more. */
  readonly serial: number
  /** Monotonic time at which the newest ended probe was sent. */
  readonly probedMs: number
  readonly lastProbe: EngineView['lastProbe']
}

export type RosterState = ReadonlyMap<string, Member>

/** Each bound with its reason. */
export const limits = {
  /** Fewer would drop an engine for one lost packet; more lets users see errors. */
  failuresInRow: 3,
  /** Ollama holds its lists back for 5 s while it waits for memory; three times in a row is no such wait. */
  lateListsInRow: 3,
  /**
   * An unhealthy engine that fails so many probes more hangs: with the pauses between them that is some 12 s in which no
   * answer came. A machine that swaps gets that far, and is spared by any request that succeeds meanwhile.
   */
  hungProbes: 3,
  /** Between a failure and the look that confirms it: long enough for a listener to be opened anew. */
  confirmMs: 100,
  /** An engine that starts is usable this much later than it could be, at first … */
  firstStartingMs: 50,
  /** … and at last. */
  longestStartingMs: 500,
  /** An engine that was restarted by hand is back within this and a bit; it doubles up to the interval. */
  firstRecoveryMs: 1_000,
} as const

/** The member that a newly added engine is. One that has a process of ours tells when it listens. */
export function admit(
  added: { engine: string; kind: EngineKind; url: string },
  nowMs: number,
): Member {
  return {
    id: added.engine,
    kind: added.kind,
    url: added.url,
    process: undefined,
    state: 'starting',
    sinceMs: nowMs,
    reason: 'added',
    isListening: !hasOwnProcess(added.kind),
    version: undefined,
    lists: undefined,
    activeRequests: 0,
    failuresInRow: 0,
    lateListsInRow: 0,
    probe: undefined,
    probesInState: 0,
    serial: 0,
    probedMs: Number.NEGATIVE_INFINITY,
    lastProbe: undefined,
  }
}

/** True for an engine whose process this node starts and stops. */
export function hasOwnProcess(kind: EngineKind): boolean {
  return kind === 'embedded' || kind === 'managed'
}

/** Milliseconds until the engine is asked again. */
export function nextProbeMs(member: Member, intervalMs: number): number {
  const grown = (firstMs: number, longestMs: number) =>
    Math.min(firstMs * 2 ** Math.max(0, member.probesInState - 1), longestMs)
  if (member.state === 'starting') {
    return grown(limits.firstStartingMs, limits.longestStartingMs)
  }
  if (member.state === 'unhealthy') return grown(limits.firstRecoveryMs, intervalMs)
  if (member.failuresInRow > 0) return Math.min(limits.confirmMs, intervalMs)
  return member.lateListsInRow > 0 ? Math.min(limits.firstRecoveryMs, intervalMs) : intervalMs
}

/** What others are shown of it. */
export function viewOf(member: Member): EngineView {
  return {
    id: member.id,
    kind: member.kind,
    url: member.url,
    managed: hasOwnProcess(member.kind),
    state: member.state,
    sinceMs: member.sinceMs,
    reason: member.reason,
    ...member.process,
    ...(member.version === undefined ? {} : { version: member.version }),
    models: member.lists?.models ?? [],
    loaded: member.lists?.loaded ?? [],
    activeRequests: member.activeRequests,
    ...(member.lastProbe === undefined ? {} : { lastProbe: member.lastProbe }),
  }
}
