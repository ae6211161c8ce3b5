import { formatMultiaddress, type Multiaddress, type PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'
import type { HeardNode } from './record.ts'

/** A node that a LAN told of. That it is the one that it names is proved by dialling it, and by nothing before. */
export interface FoundNode {
  readonly peer: PeerId
  readonly name: string
  readonly clusterId: string
  /** Of joining. */
  readonly protocol: number
  /** Newest first. */
  readonly addresses: readonly Multiaddress[]
}

interface Entry {
  readonly source: string
  readonly heard: HeardNode
  /** Addresses as texts, and when each of them is forgotten. */
  readonly addresses: Map<string, { readonly address: Multiaddress; readonly endMs: number }>
}

/** Who was heard, until it says goodbye or nothing for too long. Bounded, however many speak; its time is the caller's. */
export class FoundNodes {
  /** In the order in which they were heard first. */
  readonly #entries = new Map<PeerId, Entry>()

  /** True when somebody looking at the list would see another one than before. */
  hear(heard: HeardNode, source: string, nowMs: number): boolean {
    this.#forget(nowMs)
    const known = this.#entries.get(heard.peer)
    if (heard.timeToLiveMs === 0) return this.#entries.delete(heard.peer)
    if (known === undefined && !this.#hasRoom(source)) return false
    const before = known === undefined ? '' : textOf(known)
    const newest = heard.addresses.map((address) => {
      return [formatMultiaddress(address), { address, endMs: nowMs + heard.timeToLiveMs }] as const
    })
    const addresses = new Map([...newest, ...older(known, newest)].slice(0, limits.addressesMax))
    const entry: Entry = { source: known?.source ?? source, heard, addresses }
    this.#entries.set(heard.peer, entry)
    return textOf(entry) !== before
  }

  list(nowMs: number): readonly FoundNode[] {
    this.#forget(nowMs)
    return [...this.#entries.values()].map(({ heard, addresses }) => {
      const { peer, name, clusterId, protocol } = heard
      const list = [...addresses.values()].map(({ address }) => address)
      return { peer, name, clusterId, protocol, addresses: list }
    })
  }

  /** Who is there keeps its place: one that invents nodes keeps out those to come, and does not drive out those known. */
  #hasRoom(source: string): boolean {
    const ofSource = [...this.#entries.values()].filter((entry) => entry.source === source)
    return this.#entries.size < limits.foundMax && ofSource.length < limits.foundPerSourceMax
  }

  #forget(nowMs: number): void {
    for (const [peer, { addresses }] of this.#entries) {
      for (const [text, { endMs }] of addresses) if (endMs <= nowMs) addresses.delete(text)
      if (addresses.size === 0) this.#entries.delete(peer)
    }
  }
}

function older(known: Entry | undefined, newest: readonly (readonly [string, unknown])[]) {
  const all = [...(known?.addresses ?? [])]
  return all.filter(([text]) => !newest.some(([other]) => other === text))
}

function textOf({ heard: { name, clusterId, protocol }, addresses }: Entry): string {
  return [name, clusterId, protocol, ...[...addresses.keys()].toSorted()].join('\n')
}
