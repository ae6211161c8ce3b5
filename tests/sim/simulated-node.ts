import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  decodePacket,
  encodePacket,
  initialState,
  type NodeEntry,
  openEntry,
  type Packet,
  packetBytes,
  type SoftState,
  type SoftStateEffect,
  type SoftStateEvent,
  type Status,
  sealEntry,
  type step,
  type Timings,
  type VerifiedPacket,
} from '../../src/cluster/soft-state/index.ts'
import { type Loop, startLoop } from '../../src/core/loop.ts'

/**
 * How packets go from node to node: as bytes, with every signature verified; or as what they would be decoded to, with their
 * size counted and the memory of who signed what in the place of verification, because a thousand nodes verify millions.
 */
export type Wire = 'bytes' | 'objects'

/** What a node does to the world around it. */
export interface World {
  readonly timings: Timings
  readonly wire: Wire
  readonly step: typeof step
  readonly names: readonly string[]
  readonly keyOf: (name: string) => KeyObject | undefined
  readonly nowMs: () => number
  /** `size` in bytes on the wire. */
  send(from: SimulatedNode, to: string, packet: Packet | Uint8Array, size: number): void
  startTimer(node: SimulatedNode, delayMs: number): void
  announce(observer: SimulatedNode, node: string, status: Status): void
}

/** A clock that was set wrongly, runs wrongly, and may be put. */
export interface WrongClock {
  offsetMs: number
  /** 1 is right. */
  readonly rate: number
}

const signed = new WeakSet<object>()

/** A machine of the simulation: the shipping step in the shipping loop, with virtual time and network around it. */
export class SimulatedNode {
  readonly index: number
  readonly name: string
  readonly clock: WrongClock
  readonly publicKey: KeyObject
  readonly #privateKey: KeyObject
  readonly #world: World
  #loop: Loop<SoftState, SoftStateEvent> | undefined
  /** Number of its present start; what belongs to an earlier one is dropped. */
  start = 0
  pausedUntilMs = 0
  #changes = 0

  constructor(index: number, clock: WrongClock, world: World) {
    this.index = index
    this.name = world.names[index] ?? ''
    this.clock = clock
    this.#world = world
    const keys = generateKeyPairSync('ed25519')
    this.publicKey = keys.publicKey
    this.#privateKey = keys.privateKey
  }

  get isUp(): boolean {
    return this.#loop !== undefined
  }

  get state(): SoftState {
    if (this.#loop === undefined) throw new Error(`${this.name} is down`)
    return this.#loop.state
  }

  /** Starts with nothing but the list of members; `epoch` as a node that keeps count would give it. */
  boot(members: readonly string[], epoch = this.start + 1): void {
    const { timings, step, nowMs } = this.#world
    this.start += 1
    const seed = this.index * 1000 + this.start
    this.#loop = startLoop<SoftState, SoftStateEvent, SoftStateEffect>({
      initial: initialState({ self: this.name, epoch, timings, seed, body: this.#body() }),
      step,
      nowMs: () => this.clock.offsetMs + nowMs() * this.clock.rate,
      perform: (effect, send) => this.#perform(effect, send),
    })
    for (const node of members) this.feed({ type: 'member.added', node })
    this.#world.startTimer(this, this.state.random.number() * timings.roundMs)
  }

  crash(): void {
    this.#loop = undefined
  }

  feed(event: SoftStateEvent): void {
    this.#loop?.send(event)
  }

  /** Says something else of itself. */
  change(): void {
    this.#changes += 1
    this.feed({ type: 'body.changed', body: this.#body() })
  }

  arrive(from: string, packet: Packet | Uint8Array): void {
    const read = packet instanceof Uint8Array ? decodePacket(packet) : packet
    this.feed({ type: 'packet.received', from, packet: read })
  }

  #perform(effect: SoftStateEffect, send: (event: SoftStateEvent) => void): void {
    const world = this.#world
    switch (effect.type) {
      case 'startTimer':
        return world.startTimer(this, effect.delayMs)
      case 'announce':
        return world.announce(this, effect.node, effect.status)
      case 'sign': {
        const entry = sealEntry(effect.head, effect.body, this.#privateKey)
        signed.add(entry)
        return send({ type: 'entry.signed', entry })
      }
      case 'verify':
        return send({ ...effect, type: 'packet.verified', packet: this.#verified(effect.packet) })
      case 'send': {
        const isBytes = world.wire === 'bytes'
        const packet = isBytes ? encodePacket(effect.packet) : effect.packet
        world.send(this, effect.to, packet, packetBytes(effect.packet))
      }
    }
  }

  #verified(packet: Packet): VerifiedPacket {
    const entries = (packet.entries ?? []).flatMap((entry) => {
      if (this.#world.wire === 'objects') return signed.has(entry) ? [entry as NodeEntry] : []
      const key = this.#world.keyOf(entry.node)
      return (key && openEntry(entry, key)) ?? []
    })
    return { ...packet, entries }
  }

  /** As large as a node with one engine and eight models says of itself. */
  #body(): Uint8Array {
    const models = Array.from({ length: 8 }, (_, i) => `library/model-${i}:latest`)
    const engine = { name: 'embedded', available: models, loaded: models.slice(0, 1), slots: 4 }
    const addresses = [`/ip4/10.0.${this.index >> 8}.${this.index & 255}/tcp/4001`]
    const rates = { promptPerSecond: 812.4, answerPerSecond: 41.7 }
    const resources = { diskFreeBytes: 412_316_860_416, vramBytes: 25_769_803_776 }
    const queue = this.#changes
    return Buffer.from(
      JSON.stringify({
        addresses,
        engines: [{ ...engine, queue, rates }],
        ...resources,
        region: 'eu',
      }),
    )
  }
}
