/** The engines that this node's gateway may use: its own behind their door, and those of the other members. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AdvertWatch,
  answerFullList,
  type ClusterMembers,
  fullListPath,
  makeAdvert,
  type NeighbourEngines,
  startAdvertWatch,
  startNeighbourEngines,
} from '../cluster/engines/index.ts'
import type { PeerId } from '../cluster/identity/index.ts'
import type { EngineView } from '../core/engine.ts'
import type { Door } from '../engine/door/index.ts'
import { type Engines, makeEngineRoute, type Spool } from '../gateway/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { letYoungHeapGrow } from '../sys/young-heap.ts'

export interface ClusterEnginesOptions {
  /** PeerId of this node. */
  readonly self: string
  readonly door: Door
  readonly cluster: ClusterMembers
  /** Asks for `advert` to be told to the others again. */
  readonly changed: () => void
  /** See the gateway's option. */
  readonly gpuLayers: number
  /** See the gateway's option. */
  readonly acceptsCloud: boolean
  readonly spool: Spool
  readonly clock: Clock
  readonly log: Log
}

/** What the gateway and the cluster need of each other. */
export interface ClusterEngines extends Engines {
  /** What this node says of its engines: the member `engines` of its body in soft state. */
  advert(): object
  /** Must be called whenever anything about this node's engines may have changed; `isLoadOnly`: for every request. */
  ownChanged(isLoadOnly: boolean): void
  /** Answers what members ask below `fullListPath`. */
  answer(peer: string, request: IncomingMessage, response: ServerResponse): void
  stop(): Promise<void>
}

/** Starts to follow the members; this node's own engines are there before. */
export function startClusterEngines(options: ClusterEnginesOptions): ClusterEngines {
  const { self, door, cluster, gpuLayers, acceptsCloud, spool, clock, log } = options
  const isOwnInUse = () => door.list().some(({ state }) => state === 'running')
  const others = startNeighbourEngines({ self, cluster, isOwnInUse, clock, log })
  const watch: AdvertWatch = startAdvertWatch(door, options.changed, clock)
  const route = makeEngineRoute({
    node: self,
    engines: door,
    gpuLayers,
    acceptsCloud,
    spool,
    log,
    clock,
  })
  const list = joinedLists(
    () => door.list(),
    () => others.list(),
  )
  const listings = joinedLists(
    () => door.list(),
    () => others.listings(),
  )
  return {
    list,
    listings,
    untilUsable: (timeoutMs, signal) => untilUsable({ door, others, timeoutMs, signal }),
    async refresh(maxAgeMs) {
      await Promise.all([door.refresh(maxAgeMs), others.refresh(maxAgeMs)])
    },
    async enter(engineId, entry) {
      letYoungHeapGrow()
      if (!engineId.includes('@')) return await door.enter(engineId, entry)
      return { type: 'admitted', pass: others.enter(engineId) }
    },
    begin: (engineId) => door.begin(engineId),
    linkTo: (node) => cluster.linkTo(node as PeerId),
    advert: () => makeAdvert(door.list()),
    ownChanged: (isLoadOnly) => (isLoadOnly ? watch.worked() : watch.look()),
    answer(peer, request, response) {
      if (request.url !== fullListPath || request.method !== 'GET') {
        letYoungHeapGrow()
        return route.answer(peer, request, response)
      }
      void answerFullList(door, clock, request, response)
    },
    async stop() {
      watch.stop()
      others.stop()
      await route.stop()
    },
  }
}

/** One list after the other; made anew only when one of them is new. */
function joinedLists(
  own: () => readonly EngineView[],
  others: () => readonly EngineView[],
): () => readonly EngineView[] {
  let joined: { own: object; others: object; list: readonly EngineView[] } | undefined
  return () => {
    const [first, second] = [own(), others()]
    if (joined?.own !== first || joined.others !== second) {
      joined = {
        own: first,
        others: second,
        list: second.length > 0 ? [...first, ...second] : first,
      }
    }
    return joined.list
  }
}

/** As the roster's own, over all nodes. */
async function untilUsable({
  door,
  others,
  timeoutMs,
  signal,
}: {
  door: Door
  others: NeighbourEngines
  timeoutMs: number
  signal: AbortSignal
}): Promise<boolean> {
  if (others.isInUse()) return true
  const found = new AbortController()
  const end = others.onChange(() => {
    if (others.isInUse()) found.abort()
  })
  try {
    const isOwn = await door.untilUsable(timeoutMs, AbortSignal.any([signal, found.signal]))
    return isOwn || others.isInUse()
  } finally {
    end()
  }
}
