/** What `verify` prints. */
import { withoutControls } from '../terminal.ts'
import type { Outcome } from './check.ts'

/** Longest name of a check, so that what came of them lines up. */
const nameWidth = 22

const words = { passed: 'PASSED', failed: 'FAILED', blocked: 'BLOCKED' } as const
const marks = { passed: '✅', failed: '❌', blocked: '⏸ ' } as const

/** One line, and below a failed one what to do; plain ASCII unless `isFancy`. */
export function outcomeText(
  { number, name, state, text, hint }: Outcome,
  isFancy: boolean,
): string {
  const mark = isFancy ? `${marks[state]} ` : ''
  const line = `${mark}${number} ${name.padEnd(nameWidth)} ${words[state].padEnd(7)} ${text}`
  return withoutControls(hint === undefined || state === 'passed' ? line : `${line}\n    ${hint}`)
}

/** The numbers of it. */
export interface Summary {
  readonly isPassed: boolean
  readonly passed: number
  readonly failed: number
  readonly blocked: number
  /** Parts that this version does not have; they do not count against it. */
  readonly notAvailable: number
}

export function summaryOf(outcomes: readonly Outcome[]): Summary {
  const count = (state: Outcome['state']) => outcomes.filter((one) => one.state === state).length
  const passed = count('passed')
  return {
    isPassed: passed === outcomes.length,
    passed,
    failed: count('failed'),
    blocked: count('blocked'),
    notAvailable: outcomes.flatMap(({ notAvailable }) => notAvailable).length,
  }
}

/** What is not there yet, and how it went. */
export function closingLines(outcomes: readonly Outcome[]): string[] {
  const { isPassed, passed, failed, blocked } = summaryOf(outcomes)
  const missing = outcomes.flatMap(({ number, notAvailable }) =>
    notAvailable.map((part) => `  check ${number}: ${part} is not available`),
  )
  const head =
    missing.length === 0
      ? []
      : [`Not in this version, and not counted (${missing.length}):`, ...missing]
  const verdict = isPassed
    ? `All ${passed} checks passed.`
    : `${passed} of ${outcomes.length} checks passed, ${failed} failed, ${blocked} blocked.`
  return [...head, verdict]
}
