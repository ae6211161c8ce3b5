import type { Random } from '../../src/sys/random.ts'

/** What happens to a packet on its way. */
export interface Weather {
  /** Share of packets that never arrive. */
  readonly loss: number
  /** Share that arrives twice. */
  readonly duplicates: number
  readonly latencyMs: { readonly min: number; readonly max: number }
  /** Share that takes ten times as long, so that later ones overtake it. */
  readonly slow: number
}

/** A network of one site with nothing wrong. */
export const fair: Weather = {
  loss: 0,
  duplicates: 0.01,
  latencyMs: { min: 1, max: 10 },
  slow: 0.01,
}

/** Decides by seed when copies of a packet arrive; links between two nodes can be cut, each direction for itself. */
export class Network {
  readonly #random: Random
  readonly #cut = new Set<string>()
  weather: Weather
  /** Nodes in different islands do not hear each other; empty when all are together. */
  islandOf: readonly number[] = []

  constructor(random: Random, weather: Weather) {
    this.#random = random
    this.weather = weather
  }

  cut(from: number, to: number): void {
    this.#cut.add(`${from} ${to}`)
  }

  mend(from: number, to: number): void {
    this.#cut.delete(`${from} ${to}`)
  }

  mendAll(): void {
    this.#cut.clear()
    this.islandOf = []
  }

  /** After how many milliseconds each copy of a packet arrives. */
  delays(from: number, to: number): number[] {
    const { loss, duplicates } = this.weather
    const { islandOf } = this
    const isCut = islandOf[from] !== islandOf[to] || this.#cut.has(`${from} ${to}`)
    if (isCut || this.#random.number() < loss) return []
    return this.#random.number() < duplicates ? [this.#delay(), this.#delay()] : [this.#delay()]
  }

  #delay(): number {
    const { latencyMs, slow } = this.weather
    const delayMs = latencyMs.min + this.#random.number() * (latencyMs.max - latencyMs.min)
    return this.#random.number() < slow ? 10 * delayMs : delayMs
  }
}
