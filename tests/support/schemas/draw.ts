import { seededRandom } from '../../../src/sys/random.ts'

/** Choices that a seed makes. */
export interface Draw {
  /** A whole number from 0 to `count` − 1. */
  below(count: number): number
  oneIn(count: number): boolean
  pick<Value>(values: readonly Value[]): Value
  /** As many different ones, in their order. */
  some<Value>(values: readonly Value[], count: number): Value[]
}

export function drawFrom(seed: number): Draw {
  const random = seededRandom(seed)
  const below = (count: number) => Math.floor(random.number() * count)
  return {
    below,
    oneIn: (count) => below(count) === 0,
    pick(values) {
      const value = values[below(values.length)]
      if (value === undefined) throw new Error('nothing to choose from')
      return value
    },
    some(values, count) {
      const left = [...values.keys()]
      const taken = Array.from({ length: Math.min(count, values.length) }, () =>
        left.splice(below(left.length), 1),
      ).flat()
      return values.filter((_, index) => taken.includes(index))
    },
  }
}
