/** Counts by group how many of the recorded cases were answered equally; a case that was skipped was not. */
import type { GoldenCase } from './golden-case.ts'

export class Tally {
  readonly #cases: readonly string[]
  readonly #equal = new Set<string>()

  constructor(cases: readonly GoldenCase[], groups: readonly string[]) {
    this.#cases = cases.map(({ id }) => id).filter((id) => groups.includes(groupOf(id)))
  }

  add({ id }: GoldenCase): void {
    this.#equal.add(id)
  }

  /** Of the cases of all groups, 0 to 1. */
  get share(): number {
    return this.#count(this.#cases) / this.#cases.length
  }

  /** One figure per group, and one for all. */
  report(): string {
    const groups = Map.groupBy(this.#cases, groupOf)
    const rows = [...groups, ['all', this.#cases] as const]
    return rows.map(([name, ids]) => `${name} ${this.#count(ids)}/${ids.length}`).join(', ')
  }

  #count(ids: readonly string[]): number {
    return ids.filter((id) => this.#equal.has(id)).length
  }
}

function groupOf(id: string): string {
  return id.slice(0, id.indexOf('/'))
}
