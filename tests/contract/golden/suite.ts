/**
 * The recorded behaviour of a real Ollama as a test suite, for everything that claims to behave like one: the fake, the
 * embedded engine, a gateway in front of either.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GoldenMark } from '../../../tools/docs/compatibility.ts'
import { families, familyNames, shareText } from '../../../tools/docs/golden-families.ts'
import { replay } from './exchange.ts'
import type { GoldenCase } from './golden-case.ts'
import type { Lack } from './lacks.ts'
import { rules } from './rules.ts'
import type { GoldenSubject, SetUp } from './subjects.ts'
import { groupOf, type Outcome, Tally } from './tally.ts'
import { judge } from './verdict.ts'

export interface SuiteOptions {
  readonly lacks?: readonly Lack[]
  /** Of the native groups at least so many must be equal, 0 to 1, where it is more than of other subjects. */
  readonly nativeMin?: number
}

declare module 'vitest' {
  interface TaskMeta {
    /** What the report of a run keeps of a case; `docs/compatibility.md` is written from it. */
    golden?: GoldenMark
  }
}

/** Of the cases that were asked at most so many may differ, for whatever listed reason. */
const listedShareMax = 0.03

/** At least so many must be equal; with what is about HTTP itself fewer, for a gateway differs there on purpose. */
const equalShareMin = { native: 0.96, routes: 0.97, v1: 0.97 } as const

const casesDir = new URL('cases/', import.meta.url)

/** All cases, in the order of the recording within a group: some prepare what the next one meets. */
export function goldenCases(): GoldenCase[] {
  const files = readdirSync(casesDir).filter((name) => name.endsWith('.json'))
  return files
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, casesDir), 'utf8')) as GoldenCase[])
}

/** Registers the suite. All cases count as skipped where `setUp` says what is missing. */
export function goldenSuite(name: string, setUp: SetUp, options: SuiteOptions = {}): void {
  const { lacks = [], nativeMin = equalShareMin.native } = options
  const leastOf = { ...equalShareMin, native: nativeMin }
  describe(`${name} answers as Ollama 0.24 did`, () => {
    let subject: GoldenSubject | undefined
    let missing = 'nothing was set up'
    beforeAll(async () => {
      const made = await setUp()
      if ('missing' in made) missing = made.missing
      else subject = made
    })
    afterAll(async () => {
      await subject?.stop()
    })
    const tally = new Tally()
    const row = `recorded answers, ${name}`
    for (const golden of goldenCases()) {
      test(golden.id, async ({ skip, task }) => {
        if (subject === undefined) return skip(missing)
        const note = (outcome: Outcome, rule?: string) => {
          tally.add(golden, outcome)
          const mark = { subject: name, group: groupOf(golden.id), outcome }
          task.meta.golden = rule === undefined ? mark : { ...mark, rule }
        }
        const lack = lacks.find(({ of }) => of(golden))
        if (lack !== undefined) {
          note('not asked')
          return skip(lack.reason)
        }
        const lines = await replay(subject.url, golden, subject.apart)
        const verdict = judge(golden, lines, rules)
        if (verdict.type === 'equal') return note('equal')
        const { rule } = verdict
        note(rule === undefined ? 'different' : 'listed', rule?.title)
        if (rule === undefined) expect(lines).toEqual(golden.expect)
      })
    }
    test(`S-033 (part: ${row}), S-057 (part: ${row}): nothing differs without a listed reason, little with one`, ({
      skip,
    }) => {
      if (subject === undefined) return skip(missing)
      console.log(`${name}: ${tally.report()}`)
      expect(tally.count('different')).toBe(0)
      expect(tally.share('listed')).toBeLessThanOrEqual(listedShareMax)
      for (const family of familyNames) {
        const share = tally.familyShare(family)
        console.log(`${name}: ${families[family].title}: ${shareText(share)} as Ollama`)
        expect(share.equal / share.asked, family).toBeGreaterThanOrEqual(leastOf[family])
      }
    })
  })
}
