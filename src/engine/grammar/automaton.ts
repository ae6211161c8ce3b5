/**
 * From a pattern to a machine that is in one state at a time (Thompson's construction, then that of subsets; Hopcroft, Motwani,
 * Ullman, "Introduction to Automata Theory", §2.3 and §3.2). llama.cpp follows all readings of a grammar at once: an ambiguous
 * pattern such as `(a?){500}a{500}` would stop the model for ever, and everybody with it.
 */
import type { CodeRange } from './character-set.ts'
import type { Pattern } from './pattern.ts'
import { schemaError } from './rule-book.ts'

/** One state: where each character leads, and whether the text may end. State 0 is the first. */
export interface State {
  readonly edges: readonly { readonly ranges: readonly CodeRange[]; readonly to: number }[]
  readonly isEnd: boolean
}

/** Bounds of a pattern: places in it with repetitions written out, states, and steps to find these. */
const placesMax = 4_000
const statesMax = 2_000
const stepsMax = 2_000_000

/** Throws `OD_FORMAT_SCHEMA` where a bound is met. */
export function automatonOf(pattern: Pattern): State[] {
  const places = new Places()
  const end = places.add(pattern, places.start)
  const known = new Map<string, number>()
  const pending: (readonly number[])[] = []
  const states: State[] = []
  const idOf = (set: readonly number[]): number => {
    const key = set.join()
    const id = known.get(key) ?? known.size
    if (id === known.size) {
      if (id >= statesMax) throw tooLarge()
      known.set(key, id)
      pending.push(set)
    }
    return id
  }
  idOf(places.closure([places.start]))
  for (let set = pending.shift(); set !== undefined; set = pending.shift()) {
    const edges = places.edgesOf(set).map(({ ranges, to }) => ({ ranges, to: idOf(to) }))
    states.push({ edges, isEnd: set.includes(end) })
  }
  return states
}

/** Places within a pattern: a machine that may be in many at once. */
class Places {
  readonly start = 0
  readonly #free: number[][] = [[]]
  readonly #edges: { readonly ranges: readonly CodeRange[]; readonly to: number }[][] = [[]]
  #steps = 0

  /** Puts the pattern behind a place; returns the place behind it. */
  add(pattern: Pattern, from: number): number {
    switch (pattern.type) {
      case 'set': {
        const to = this.#place()
        this.#edges[from]?.push({ ranges: pattern.ranges, to })
        return to
      }
      case 'sequence':
        return pattern.parts.reduce((place, part) => this.add(part, place), from)
      case 'choice': {
        const end = this.#place()
        for (const part of pattern.parts) this.#free[this.add(part, this.#behind(from))]?.push(end)
        return end
      }
      case 'repeat':
        return this.#addRepeat(pattern, from)
    }
  }

  #addRepeat({ part, min, max }: Extract<Pattern, { type: 'repeat' }>, from: number): number {
    let place = from
    for (let count = 0; count < min; count++) place = this.add(part, this.#behind(place))
    const end = this.#place()
    if (max === Number.POSITIVE_INFINITY) {
      const again = this.#behind(place)
      this.#free[this.add(part, again)]?.push(again)
      this.#free[again]?.push(end)
      return end
    }
    for (let count = min; count < max; count++) {
      this.#free[place]?.push(end)
      place = this.add(part, this.#behind(place))
    }
    this.#free[place]?.push(end)
    return end
  }

  /** A new place that is reached from there without a character. */
  #behind(from: number): number {
    const place = this.#place()
    this.#free[from]?.push(place)
    return place
  }

  #place(): number {
    if (this.#free.length >= placesMax) throw tooLarge()
    this.#edges.push([])
    return this.#free.push([]) - 1
  }

  /** All places that are reached without a character, in order. */
  closure(places: readonly number[]): number[] {
    const found = new Set(places)
    for (const place of found) {
      for (const next of this.#free[place] ?? []) found.add(next)
      this.#count(1)
    }
    return [...found].toSorted((a, b) => a - b)
  }

  /** Where the characters lead from these places, those that lead to the same set together. */
  edgesOf(set: readonly number[]): { ranges: CodeRange[]; to: number[] }[] {
    const edges = set.flatMap((place) => this.#edges[place] ?? [])
    const borders = new Set(edges.flatMap(({ ranges }) => ranges.flatMap(([a, b]) => [a, b + 1])))
    const sorted = [...borders].toSorted((a, b) => a - b)
    const byTargets = new Map<string, { ranges: CodeRange[]; to: number[] }>()
    for (const [index, from] of sorted.slice(0, -1).entries()) {
      this.#count(edges.length)
      const within = edges.filter(({ ranges }) => ranges.some(([a, b]) => a <= from && from <= b))
      const targets = [...new Set(within.map(({ to }) => to))].toSorted((a, b) => a - b)
      if (targets.length === 0) continue
      const range: CodeRange = [from, (sorted[index + 1] ?? from + 1) - 1]
      const key = targets.join()
      const group = byTargets.get(key) ?? { ranges: [], to: this.closure(targets) }
      group.ranges.push(range)
      byTargets.set(key, group)
    }
    return [...byTargets.values()]
  }

  #count(steps: number): void {
    this.#steps += steps
    if (this.#steps > stepsMax) throw tooLarge()
  }
}

function tooLarge() {
  return schemaError('a pattern is too large, or means too many things at once')
}
