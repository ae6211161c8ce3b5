import { type Packet, type Status, step, type Timings } from '../../src/cluster/soft-state/index.ts'
import { type Random, seededRandom } from '../../src/sys/random.ts'
import { EventQueue } from './event-queue.ts'
import { fair, Network, type Weather } from './network.ts'
import { SimulatedNode, type Wire, type World } from './simulated-node.ts'

type SimulationEvent =
  | { readonly type: 'tick'; readonly node: SimulatedNode; readonly start: number }
  | {
      readonly type: 'packet'
      readonly node: SimulatedNode
      readonly from: string
      readonly packet: Packet | Uint8Array
    }
  | { readonly type: 'action'; readonly act: () => void }

/** What was sent since the last reading. */
export interface Traffic {
  packets: number
  bytes: number
}

const clockOffsetMsMax = 300_000
const clockRateErrorMax = 0.0005

/**
 * N nodes in virtual time: a discrete-event simulation that plays the same for the same seed. Clocks of the nodes differ by up
 * to ± 5 min and by up to 0.05 % in speed.
 */
export class Simulation {
  readonly nodes: readonly SimulatedNode[]
  readonly network: Network
  readonly random: Random
  readonly traffic: Traffic = { packets: 0, bytes: 0 }
  /** Times at which a node that was up was called dead by another, or doubted. */
  readonly wrongly = { dead: 0, suspect: 0 }
  readonly removed = new Set<SimulatedNode>()
  readonly #queue = new EventQueue<SimulationEvent>()
  readonly #byName: ReadonlyMap<string, SimulatedNode>
  #nowMs = 0

  constructor(options: {
    nodes: number
    seed: number
    timings: Timings
    weather?: Weather
    wire: Wire
    /** The shipping one, or one with a bug planted in it. */
    step?: typeof step
  }) {
    this.random = seededRandom(options.seed)
    this.network = new Network(this.random, options.weather ?? fair)
    const names = Array.from({ length: options.nodes }, (_, i) => nameOf(i))
    const world: World = {
      timings: options.timings,
      wire: options.wire,
      step: options.step ?? step,
      names,
      keyOf: (name) => this.#byName.get(name)?.publicKey,
      nowMs: () => this.#nowMs,
      send: (from, to, packet, size) => this.#send(from, to, packet, size),
      startTimer: (node, delayMs) => {
        const atMs = this.#nowMs + delayMs / node.clock.rate
        this.#queue.push(atMs, { type: 'tick', node, start: node.start })
      },
      announce: (_, node, status) => this.#announced(node, status),
    }
    const around = (most: number) => (2 * this.random.number() - 1) * most
    this.nodes = names.map((_, i) => {
      const clock = { offsetMs: around(clockOffsetMsMax), rate: 1 + around(clockRateErrorMax) }
      return new SimulatedNode(i, clock, world)
    })
    this.#byName = new Map(this.nodes.map((node) => [node.name, node]))
    for (const node of this.nodes) node.boot(names)
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** All nodes but those that were removed. */
  get members(): SimulatedNode[] {
    return this.nodes.filter((node) => !this.removed.has(node))
  }

  /** Members that are not down; one that is paused is among them. */
  get up(): SimulatedNode[] {
    return this.members.filter(({ isUp }) => isUp)
  }

  /** Starts a node again that is down. */
  restart(node: SimulatedNode): void {
    node.boot(this.members.map(({ name }) => name))
  }

  pause(node: SimulatedNode, forMs: number): void {
    node.pausedUntilMs = Math.max(node.pausedUntilMs, this.#nowMs + forMs)
  }

  /** Takes a node out of everybody's list of members, each hearing of it within `withinMs`; it does not hear of it. */
  remove(node: SimulatedNode, withinMs: number): void {
    this.removed.add(node)
    for (const other of this.up) {
      const tell = () => other.feed({ type: 'member.removed', node: node.name })
      this.after(this.random.number() * withinMs, tell)
    }
  }

  /** Lets a node in again that was removed, each hearing of it within `withinMs`; it starts anew with the list of now. */
  readmit(node: SimulatedNode, withinMs: number): void {
    this.removed.delete(node)
    for (const other of this.up) {
      if (other === node) continue
      const tell = () => other.feed({ type: 'member.added', node: node.name })
      this.after(this.random.number() * withinMs, tell)
    }
    this.restart(node)
  }

  after(delayMs: number, act: () => void): void {
    this.#queue.push(this.#nowMs + delayMs, { type: 'action', act })
  }

  /** Does `act` again and again, `everyMs` apart, from now on until `untilMs`. */
  repeat(everyMs: number, untilMs: number, act: () => void): void {
    if (this.#nowMs + everyMs > untilMs) return
    this.after(everyMs, () => {
      act()
      this.repeat(everyMs, untilMs, act)
    })
  }

  run(forMs: number): void {
    const untilMs = this.#nowMs + forMs
    for (;;) {
      const due = this.#queue.pop(untilMs)
      if (due === undefined) break
      this.#nowMs = due.atMs
      this.#happen(due.event)
    }
    this.#nowMs = untilMs
  }

  /** Runs until something holds, looking every `stepMs`; gives the milliseconds it took, or throws after `atMostMs`. */
  runUntil(holds: () => boolean, stepMs: number, atMostMs: number): number {
    const startMs = this.#nowMs
    while (!holds()) {
      const passedMs = this.#nowMs - startMs
      if (passedMs > atMostMs) throw new Error(`it did not hold within ${atMostMs} virtual ms`)
      this.run(stepMs)
    }
    return this.#nowMs - startMs
  }

  /** A node of those that are up. */
  anyUp(): SimulatedNode {
    const { up } = this
    const node = up[Math.floor(this.random.number() * up.length)]
    if (node === undefined) throw new Error('nobody is up')
    return node
  }

  #happen(event: SimulationEvent): void {
    if (event.type === 'action') return event.act()
    const { node } = event
    if (node.pausedUntilMs > this.#nowMs) return this.#queue.push(node.pausedUntilMs, event)
    if (event.type === 'packet') node.arrive(event.from, event.packet)
    else if (event.start === node.start) node.feed({ type: 'tick' })
  }

  #send(from: SimulatedNode, to: string, packet: Packet | Uint8Array, size: number): void {
    const node = this.#byName.get(to)
    if (node === undefined) return
    this.traffic.packets += 1
    this.traffic.bytes += size
    for (const delayMs of this.network.delays(from.index, node.index)) {
      this.#queue.push(this.#nowMs + delayMs, { type: 'packet', node, from: from.name, packet })
    }
  }

  #announced(name: string, status: Status): void {
    if (status !== 'dead' && status !== 'suspect') return
    if (this.#byName.get(name)?.isUp) this.wrongly[status] += 1
  }
}

/** As long as a PeerId. */
function nameOf(index: number): string {
  return `12D3KooW${String(index).padStart(44, '0')}`
}
