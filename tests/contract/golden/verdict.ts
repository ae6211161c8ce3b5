/** Judges an answer: as recorded, different for a listed reason, or different. */
import type { GoldenCase } from './golden-case.ts'
import type { Rule } from './rules.ts'

/** `rule` is absent where no listed reason explains the difference. */
export type Verdict =
  | { readonly type: 'equal' }
  | { readonly type: 'different'; readonly rule?: Rule }

/** The first rule that explains the whole difference is the reason; several that each explain a part are none. */
export function judge(
  golden: GoldenCase,
  lines: readonly string[],
  rules: readonly Rule[],
): Verdict {
  if (isSame(golden.expect, lines)) return { type: 'equal' }
  const rule = rules.find((one) => explains(one, golden, lines))
  return rule === undefined ? { type: 'different' } : { type: 'different', rule }
}

function explains(rule: Rule, golden: GoldenCase, lines: readonly string[]): boolean {
  if (rule.of?.(golden) === false) return false
  const { field, begins } = rule
  if (field === undefined) return lines[0] === begins
  const left = (all: readonly string[]) => all.filter((line) => !field.test(line))
  return isSame(left(golden.expect), left(lines))
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((line, at) => line === others[at])
}
