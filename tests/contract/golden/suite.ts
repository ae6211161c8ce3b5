/**
 * The recorded behaviour of a real Ollama as a test suite, for everything that claims to behave like one: the fake, the
 * embedded engine, the gateway in front of either.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchange, perform } from './exchange.ts'
import type { GoldenCase } from './golden-case.ts'
import { normalise } from './normalise.ts'
import { Tally } from './tally.ts'

export interface GoldenSubject {
  /** Origin under test. */
  readonly url: string
  /**
   * Models of the recording that it has, by name: `smol`, `smol-tools`, `smol-think`, `smol-fim`, `smol-sys`,
   * `smol-embed`. What matters is the Modelfile (template, system, parameters, messages), not the weights.
   */
  readonly models: readonly string[]
  readonly stop: () => Promise<void>
}

/** Cases that are left out, and why. */
export interface SkipRule {
  readonly match: RegExp | ((golden: GoldenCase) => boolean)
  readonly reason: string
}

/** How many of the cases of some groups must be equal, skipped ones counting against it. */
export interface RequiredShare {
  readonly groups: readonly string[]
  /** 0 to 1. */
  readonly share: number
}

const casesDir = new URL('cases/', import.meta.url)

/** All cases, in the order of the recording within a group: some prepare what the next one meets. */
export function goldenCases(): GoldenCase[] {
  const files = readdirSync(casesDir).filter((name) => name.endsWith('.json'))
  return files
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, casesDir), 'utf8')) as GoldenCase[])
}

/**
 * Registers the suite. Cases whose models are missing, or that a rule names, count as skipped with the reason; all of them
 * where `setUp` says what is missing.
 */
export function goldenSuite(
  name: string,
  setUp: () => Promise<GoldenSubject | { readonly missing: string }>,
  skipRules: readonly SkipRule[] = [],
  required?: RequiredShare,
): void {
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
    const cases = goldenCases()
    const tally = new Tally(cases, required?.groups ?? [])
    for (const golden of cases) {
      test(golden.id, async ({ skip }) => {
        if (subject === undefined) return skip(missing)
        const reason = skipReason(golden, subject, skipRules)
        if (reason !== undefined) skip(reason)
        const { url } = subject
        for (const step of golden.before ?? []) await perform(url, step)
        try {
          const seen = await exchange(url, golden.request)
          expect(normalise(seen, golden)).toEqual(golden.expect)
          tally.add(golden)
        } finally {
          for (const step of golden.after ?? []) await perform(url, step)
        }
      })
    }
    if (required === undefined) return
    test(`of the groups ${required.groups.join(', ')} at least ${required.share * 100} % are equal`, ({
      skip,
    }) => {
      if (subject === undefined) skip(missing)
      console.log(`answered as recorded: ${tally.report()}`)
      expect(tally.share).toBeGreaterThanOrEqual(required.share)
    })
  })
}

function skipReason(
  golden: GoldenCase,
  subject: GoldenSubject,
  rules: readonly SkipRule[],
): string | undefined {
  const missing = golden.needs.filter((model) => !subject.models.includes(model))
  if (missing.length > 0) return `it has no model ${missing.join(', ')}`
  const matches = ({ match }: SkipRule) =>
    match instanceof RegExp ? match.test(golden.id) : match(golden)
  return rules.find(matches)?.reason
}
