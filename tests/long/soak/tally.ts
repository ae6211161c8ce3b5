import type { Judged, Outcome } from './outcome.ts'
import type { Action } from './traffic.ts'

const faultsShownMax = 20

/** Counts what became of the requests of a soak. */
export class Tally {
  readonly outcomes = new Map<Outcome, number>()
  readonly actions = new Map<Action, number>()
  /** What must never happen, with where it did. */
  readonly faults: string[] = []
  readonly #errors = new Map<string, number>()

  note(action: Action, { outcome, what }: Judged, where: string): void {
    count(this.outcomes, outcome)
    count(this.actions, action)
    const isFault = outcome === 'cut silently' || outcome === 'corrupted'
    if (isFault) this.faults.push(`${where}, ${action}: ${outcome}: ${what}`)
    else if (what !== '') count(this.#errors, what)
  }

  /** The counts as lines to print. */
  lines(): string[] {
    const list = (counts: ReadonlyMap<string, number>) =>
      [...counts].map(([name, number]) => `${number} ${name}`).join(', ')
    return [
      `outcomes: ${list(this.outcomes)}`,
      `requests: ${list(this.actions)}`,
      ...[...this.#errors].map(([error, number]) => `  ${number} × ${error}`),
      ...this.faults.slice(0, faultsShownMax),
    ]
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
