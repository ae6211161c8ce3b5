/** What this node knows of another one, and how its engines look from here. Pure. */
import {
  type EngineState,
  type EngineView,
  engineIdAt,
  type LoadedListing,
  type ModelListing,
} from '../../core/engine.ts'
import { type Advert, type AdvertModel, readAdvert } from './advert.ts'
import type { ClusterMember } from './ports.ts'

/** A member that lends its engines. */
export interface Neighbour {
  readonly member: ClusterMember
  readonly advert: Advert
  /** Lists of the advert, made once so that what is read out of them can be kept. By the engine's name. */
  readonly lists: ReadonlyMap<string, Lists>
  /** No link reaches it from here, whatever others say of it. */
  readonly isCutOff: boolean
  /** Milliseconds since 1970 at which its engines came to stand as they do. */
  readonly sinceMs: number
}

interface Lists {
  readonly models: readonly ModelListing[]
  readonly loaded: readonly LoadedListing[]
}

const nothing: Advert = { models: [], engines: [] }

/** The neighbour that a member is; undefined for one that lends no engines. `before`: what was known of it. */
export function neighbourOf(
  member: ClusterMember,
  before: Neighbour | undefined,
  nowMs: number,
): Neighbour | undefined {
  if (member.role === 'gateway' || member.role === 'storage') return undefined
  const isSaid = before !== undefined && before.member.body === member.body
  const advert = isSaid ? before.advert : (readAdvert(member.body?.['engines']) ?? nothing)
  const isSame = isSaid && standingOf(before.member) === standingOf(member)
  return {
    member,
    advert,
    lists: isSaid ? before.lists : listsOf(advert, before),
    isCutOff: before?.isCutOff ?? false,
    sinceMs: isSame ? before.sinceMs : nowMs,
  }
}

/** Of one engine, what this gateway has sent to it now, and had when its node last told its load. */
export interface Sent {
  readonly now: number
  readonly atNews: number
}

/** Its engines, with the load that they should have by what this gateway has sent them since they were heard of. */
export function viewsOf(
  neighbour: Neighbour,
  sentTo: (engineId: string) => Sent | undefined,
): EngineView[] {
  const { member, advert, lists, sinceMs } = neighbour
  const node = member.peer
  return advert.engines.map((engine): EngineView => {
    const id = engineIdAt(node, engine.id)
    const sent = sentTo(id)
    const more = sent === undefined ? 0 : sent.now - sent.atNews
    return {
      id,
      node,
      kind: engine.kind,
      url: engine.url,
      managed: engine.kind === 'embedded' || engine.kind === 'managed',
      ...standing(neighbour, engine.state),
      sinceMs,
      ...(engine.version === undefined ? {} : { version: engine.version }),
      ...(lists.get(engine.id) ?? noLists),
      activeRequests: Math.max(0, engine.active + more, sent?.now ?? 0),
      queuedRequests: engine.queued,
      ...(engine.slots === undefined ? {} : { slots: engine.slots }),
    }
  })
}

const noLists: Lists = { models: [], loaded: [] }

/** State and reason of an engine that its node says to be in that state. */
export function standing(
  { member, isCutOff }: Pick<Neighbour, 'member' | 'isCutOff'>,
  state: EngineState,
): { readonly state: EngineState; readonly reason: string } {
  if (member.status !== 'alive') {
    return { state: 'unhealthy', reason: `its node ${member.name} is ${member.status}` }
  }
  if (isCutOff) return { state: 'unhealthy', reason: `no link reaches its node ${member.name}` }
  // Asked to stop: it finishes what it has.
  if (member.isDraining) return { state: 'stopped', reason: `its node ${member.name} is draining` }
  return { state, reason: `as its node ${member.name} says` }
}

function standingOf({ status, isDraining }: ClusterMember): string {
  return `${status} ${isDraining}`
}

function listsOf({ models, engines }: Advert, before: Neighbour | undefined): Neighbour['lists'] {
  const listings = models.map(listingOf)
  const pick = (places: readonly number[]) => places.flatMap((at) => listings[at] ?? [])
  return new Map(
    engines.map((engine) => {
      const old = before?.lists.get(engine.id)
      return [
        engine.id,
        {
          models: kept(old?.models, pick(engine.models)),
          loaded: kept(old?.loaded, pick(engine.loaded)),
        },
      ]
    }),
  )
}

/** The old list where the new one says the same, so that news of load alone change no list. */
function kept<One extends { readonly name: string; readonly digest: string }>(
  old: readonly One[] | undefined,
  list: readonly One[],
): readonly One[] {
  const isSame =
    old?.length === list.length &&
    old.every(({ name, digest }, i) => name === list[i]?.name && digest === list[i]?.digest)
  return isSame ? old : list
}

/** For choosing, which looks at names alone; the times are not told in short form. */
function listingOf([name, digest]: AdvertModel): ModelListing & LoadedListing {
  return { name, digest, modified_at: '', expires_at: '' }
}
