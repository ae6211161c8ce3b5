/** What a check of `verify` is, and in which order checks run. Knows nothing of what they look at. */

/** What a check found. */
export interface Finding {
  readonly isPassed: boolean
  /** What was seen, in one line. */
  readonly text: string
  /** What to do where it did not pass. */
  readonly hint?: string
  /** Parts of it that this version does not have. */
  readonly notAvailable?: readonly string[]
}

export interface Check {
  readonly number: number
  readonly name: string
  /** Numbers of the checks without which this one has no ground to stand on. */
  readonly needs: readonly number[]
  readonly run: () => Promise<Finding>
}

/** A check that was run, or was not because of another one. */
export interface Outcome {
  readonly number: number
  readonly name: string
  readonly state: 'passed' | 'failed' | 'blocked'
  readonly text: string
  readonly hint?: string
  /** The failed check at the bottom of it; only where `blocked`. */
  readonly blockedBy?: number
  readonly notAvailable: readonly string[]
}

/**
 * Runs the checks, each after those that it needs, and tells the outcomes in the order of the list. A check whose ground is
 * missing is not run.
 */
export async function runChecks(
  checks: readonly Check[],
  onOutcome: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const settled = new Map<number, Outcome>()
  async function settle(check: Check): Promise<Outcome> {
    const known = settled.get(check.number)
    if (known !== undefined) return known
    let missing: Outcome | undefined
    for (const need of checks.filter(({ number }) => check.needs.includes(number))) {
      const outcome = await settle(need)
      if (outcome.state !== 'passed') missing ??= outcome
    }
    const outcome =
      missing === undefined
        ? outcomeOf(check, await check.run())
        : blocked(check, missing.blockedBy ?? missing.number)
    settled.set(check.number, outcome)
    return outcome
  }
  const outcomes: Outcome[] = []
  for (const check of checks) {
    const outcome = await settle(check)
    outcomes.push(outcome)
    onOutcome(outcome)
  }
  return outcomes
}

function outcomeOf({ number, name }: Check, finding: Finding): Outcome {
  const { isPassed, text, hint, notAvailable = [] } = finding
  const state = isPassed ? 'passed' : 'failed'
  return { number, name, state, text, ...(hint === undefined ? {} : { hint }), notAvailable }
}

function blocked({ number, name }: Check, by: number): Outcome {
  return {
    number,
    name,
    state: 'blocked',
    text: `blocked by ${by}`,
    blockedBy: by,
    notAvailable: [],
  }
}
