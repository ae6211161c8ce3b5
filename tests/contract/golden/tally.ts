/** Counts by subject and group what became of the recorded cases. */
import type { GoldenMark } from '../../../tools/docs/compatibility.ts'
import type { GoldenCase } from './golden-case.ts'

export type Outcome = GoldenMark['outcome']

export class Tally {
  readonly #outcomes = new Map<string, Outcome>()

  add({ id }: GoldenCase, outcome: Outcome): void {
    this.#outcomes.set(id, outcome)
  }

  /** Cases with this outcome. */
  count(outcome: Outcome, groups?: readonly string[]): number {
    return this.#chosen(groups).filter(([, found]) => found === outcome).length
  }

  /** Of the cases of these groups that were asked, or of all, 0 to 1. */
  share(outcome: Outcome, groups?: readonly string[]): number {
    const asked = this.#chosen(groups).length - this.count('not asked', groups)
    return asked === 0 ? 0 : this.count(outcome, groups) / asked
  }

  /** One line. */
  report(): string {
    const outcomes = ['equal', 'listed', 'different', 'not asked'] as const
    const counts = outcomes.map((outcome) => `${this.count(outcome)} ${words[outcome]}`)
    return `${this.#outcomes.size} cases: ${counts.join(', ')}`
  }

  #chosen(groups?: readonly string[]): [string, Outcome][] {
    const isChosen = (id: string) => groups?.includes(groupOf(id)) ?? true
    return [...this.#outcomes].filter(([id]) => isChosen(id))
  }
}

const words: Readonly<Record<Outcome, string>> = {
  equal: 'equal',
  listed: 'different by listed reason',
  different: 'different otherwise',
  'not asked': 'not asked',
}

/** What stands before the name of a case. */
export function groupOf(id: string): string {
  return id.slice(0, id.indexOf('/'))
}
