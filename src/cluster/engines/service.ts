import { type EngineView, engineIdAt, partsOfEngineId } from '../../core/engine.ts'
import type { OutReason, Pass, RelayOutcome } from '../../core/engine-entry.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { PeerId } from '../identity/index.ts'
import { CutOffs } from './cut-offs.ts'
import { FullLists } from './full-lists.ts'
import { limits } from './limits.ts'
import { type Neighbour, neighbourOf, standing, viewsOf } from './neighbour.ts'
import type { ClusterMembers } from './ports.ts'
import { Silences } from './silences.ts'

export interface NeighbourEnginesOptions {
  /** PeerId of this node. */
  readonly self: string
  readonly cluster: ClusterMembers
  /** True when an engine of this node can be used. */
  readonly isOwnInUse: () => boolean
  readonly clock: Clock
  readonly log: Log
}

/** The engines of other members, as candidates for requests of this node's gateway. */
export interface NeighbourEngines {
  /** As far as choosing needs to know; the same list until something changed. */
  list(): readonly EngineView[]
  /** With everything that their nodes told when they were last asked; engines of nodes that never answered have no models. */
  listings(): readonly EngineView[]
  /** Asks their nodes for what `listings` shows; see `FullLists`. */
  refresh(maxAgeMs: number): Promise<void>
  /** A request goes out to the engine. */
  enter(engineId: string): Pass
  /** Calls `listener` after a change of how an engine stands; returns what ends it. */
  onChange(listener: () => void): () => void
  isInUse(): boolean
  stop(): void
}

/** Follows the members. */
export function startNeighbourEngines(options: NeighbourEnginesOptions): NeighbourEngines {
  return new Service(options)
}

type Watcher = (why: OutReason) => void

class Service implements NeighbourEngines {
  readonly #options: NeighbourEnginesOptions
  readonly #lists: FullLists
  readonly #cutOffs: CutOffs
  readonly #silences: Silences
  readonly #neighbours = new Map<PeerId, Neighbour>()
  /** By engine; changed in place, since every request changes it twice. */
  readonly #sent = new Map<string, { now: number; atNews: number }>()
  readonly #watchers = new Map<string, Set<Watcher>>()
  readonly #listeners = new Set<() => void>()
  readonly #unsubscribe: () => void
  #cancelNews: (() => void) | undefined
  /** By node; a node whose load changes has only its own made anew. */
  readonly #views = new Map<PeerId, readonly EngineView[]>()
  #list: readonly EngineView[] | undefined
  #listings: readonly EngineView[] | undefined

  constructor(options: NeighbourEnginesOptions) {
    this.#options = options
    const { cluster, clock } = options
    this.#lists = new FullLists(
      (peer) => cluster.linkTo(peer),
      clock,
      () => {
        this.#listings = undefined
      },
    )
    this.#cutOffs = new CutOffs({
      clock,
      ask: (peer) => this.#lists.ask(peer),
      onChange: (peer, isCutOff) => this.#cutOff(peer, isCutOff),
      onStill: (peer) => {
        const known = this.#neighbours.get(peer)
        for (const { id } of known ? this.#viewsOf(known) : []) this.#tell(id, 'silent')
      },
    })
    this.#silences = new Silences(clock, (peer) => {
      if (this.#neighbours.has(peer)) this.#cutOffs.doubt(peer)
    })
    this.#unsubscribe = cluster.onChange(() => {
      this.#cancelNews ??= clock.after(limits.newsMs, () => this.#takeNews())
    })
    this.#takeNews()
  }

  list(): readonly EngineView[] {
    this.#list ??= [...this.#neighbours.values()].flatMap((one) => this.#viewsOf(one))
    return this.#list
  }

  listings(): readonly EngineView[] {
    this.#listings ??= [...this.#neighbours.values()].flatMap((one) => this.#listingsOf(one))
    return this.#listings
  }

  async refresh(maxAgeMs: number): Promise<void> {
    const reachable = [...this.#neighbours.values()].filter(isReachable)
    await this.#lists.refresh(
      reachable.map(({ member }) => member.peer),
      maxAgeMs,
    )
  }

  enter(engineId: string): Pass {
    const peer = peerOf(engineId)
    const sent = this.#sent.get(engineId) ?? { now: 0, atNews: 0 }
    this.#sent.set(engineId, sent)
    this.#count(peer, sent, 1)
    const silence = this.#silences.sent(peer)
    let isOut = false
    return {
      answering: () => silence.begun(),
      leave: (abort) => {
        silence.ended()
        abort()
      },
      whenOut: (action) => this.#watch(engineId, action),
      finish: (outcome) => {
        if (isOut) return
        isOut = true
        if (outcome === 'answered') silence.begun()
        silence.ended()
        this.#count(peer, sent, -1)
        this.#ended(peer, outcome)
      },
    }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  isInUse(): boolean {
    return this.list().some(({ state }) => state === 'running')
  }

  stop(): void {
    this.#unsubscribe()
    this.#cancelNews?.()
    this.#cutOffs.stop()
    this.#silences.stop()
  }

  #takeNews(): void {
    this.#cancelNews = undefined
    const { self, cluster, clock } = this.#options
    const before = this.list()
    const present = new Set<PeerId>()
    for (const member of cluster.members()) {
      if (member.peer === self) continue
      const known = this.#neighbours.get(member.peer)
      const next = neighbourOf(member, known, clock.wallMs())
      if (next === undefined) continue
      present.add(member.peer)
      this.#neighbours.set(member.peer, next)
      if (next.advert !== known?.advert) this.#heardLoad(next)
      if (known?.member.status === 'alive' || member.status !== 'alive') continue
      if (this.#lists.of(member.peer) === undefined) void this.#lists.ask(member.peer)
      this.#cutOffs.hurry(member.peer)
    }
    for (const peer of this.#neighbours.keys()) {
      if (present.has(peer)) continue
      this.#neighbours.delete(peer)
      this.#lists.forget(peer)
      this.#cutOffs.forget(peer)
    }
    this.#changed(before)
  }

  /** What its load says now has what was sent until now in it. */
  #heardLoad({ member, advert }: Neighbour): void {
    for (const { id } of advert.engines) {
      const sent = this.#sent.get(engineIdAt(member.peer, id))
      if (sent !== undefined) sent.atNews = sent.now
    }
  }

  #cutOff(peer: PeerId, isCutOff: boolean): void {
    const known = this.#neighbours.get(peer)
    if (known === undefined || known.isCutOff === isCutOff) return
    const before = this.list()
    const { clock, log } = this.#options
    this.#neighbours.set(peer, { ...known, isCutOff, sinceMs: clock.wallMs() })
    log.info({ peer }, isCutOff ? 'node.cut-off' : 'node.reached')
    this.#changed(before)
  }

  /** Tells those whose engine went out of use, and everybody else who wants to know. */
  #changed(before: readonly EngineView[]): void {
    this.#views.clear()
    this.#list = undefined
    this.#listings = undefined
    const after = new Map(this.list().map((view) => [view.id, view]))
    const isAnyInUse = this.isInUse() || this.#options.isOwnInUse()
    for (const { id, node, state } of before) {
      const now = after.get(id)
      const neighbour = this.#neighbours.get(node as PeerId)
      const isLost = neighbour === undefined || neighbour.member.status === 'dead'
      const isOut = state === 'running' && now?.state !== 'running' && now?.state !== 'stopped'
      if (isLost) this.#tell(id, 'lost')
      else if (isOut && isAnyInUse) this.#tell(id, 'doubted')
      if (isLost && this.#sent.get(id)?.now === 0) this.#sent.delete(id)
    }
    for (const listener of this.#listeners) listener()
  }

  #tell(engineId: string, why: OutReason): void {
    for (const action of this.#watchers.get(engineId) ?? []) action(why)
  }

  #watch(engineId: string, action: Watcher): () => void {
    const watchers = this.#watchers.get(engineId) ?? new Set()
    this.#watchers.set(engineId, watchers.add(action))
    return () => {
      watchers.delete(action)
      if (watchers.size === 0 && this.#watchers.get(engineId) === watchers) {
        this.#watchers.delete(engineId)
      }
    }
  }

  #count(peer: PeerId, sent: { now: number }, by: 1 | -1): void {
    sent.now += by
    this.#views.delete(peer)
    this.#list = undefined
  }

  #viewsOf(neighbour: Neighbour): readonly EngineView[] {
    const { peer } = neighbour.member
    const known = this.#views.get(peer)
    if (known !== undefined) return known
    const made = viewsOf(neighbour, (id) => this.#sent.get(id))
    this.#views.set(peer, made)
    return made
  }

  /** A node that a request did not reach is not tried again before a link to it was seen to work. */
  #ended(peer: PeerId, outcome: RelayOutcome): void {
    if (outcome === 'answered' || !this.#neighbours.has(peer)) return
    if (outcome === 'unreachable') this.#cutOffs.lost(peer)
    else this.#cutOffs.doubt(peer)
  }

  #listingsOf(neighbour: Neighbour): readonly EngineView[] {
    const full = this.#lists.of(neighbour.member.peer)
    if (full !== undefined) return full.map((view) => ({ ...view, ...shown(neighbour, view) }))
    return viewsOf(neighbour, () => undefined).map((view) => ({ ...view, models: [], loaded: [] }))
  }
}

/** How an engine stands: its own word as long as its node is well. */
function shown(neighbour: Neighbour, { state, reason }: EngineView) {
  const now = standing(neighbour, state)
  return now.state === state ? { state, reason } : now
}

/** The node of an engine that is listed here. */
function peerOf(engineId: string): PeerId {
  return partsOfEngineId(engineId).node as PeerId
}

function isReachable({ member, isCutOff }: Neighbour): boolean {
  return member.status === 'alive' && !isCutOff
}
