/** Counts by subject and group what became of the recorded cases. */
import type { GoldenMark } from '../../../tools/docs/compatibility.ts'
import { type Family, families, type Share } from '../../../tools/docs/golden-families.ts'
import type { GoldenCase } from './golden-case.ts'

export type Outcome = GoldenMark['outcome']

export class Tally {
  readonly #outcomes = new Map<string, Outcome>()

  add({ id }: GoldenCase, outcome: Outcome): void {
    this.#outcomes.set(id, outcome)
  }

  /** Cases with this outcome. */
  count(outcome: Outcome): number {
    return this.#of(outcome).length
  }

  /** Of the cases that were asked, 0 to 1. */
  share(outcome: Outcome): number {
    const asked = this.#outcomes.size - this.count('not asked')
    return asked === 0 ? 0 : this.count(outcome) / asked
  }

  /** How many of a family's cases were equal. */
  familyShare(family: Family): Share {
    const isOwn = (id: string) => families[family].has(groupOf(id))
    const asked = [...this.#outcomes.keys()].filter(isOwn).length
    const notAsked = this.#of('not asked').filter(isOwn).length
    return { equal: this.#of('equal').filter(isOwn).length, asked: asked - notAsked }
  }

  /** One line. */
  report(): string {
    const outcomes = ['equal', 'listed', 'different', 'not asked'] as const
    const counts = outcomes.map((outcome) => `${this.count(outcome)} ${words[outcome]}`)
    return `${this.#outcomes.size} cases: ${counts.join(', ')}`
  }

  #of(outcome: Outcome): string[] {
    return [...this.#outcomes].flatMap(([id, found]) => (found === outcome ? id : []))
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
