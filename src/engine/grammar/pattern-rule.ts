import { automatonOf, type State } from './automaton.ts'
import { oneCharacter } from './character-set.ts'
import { readPattern } from './pattern.ts'
import { type RuleBook, schemaError } from './rule-book.ts'

interface Step {
  /** GBNF for the characters. */
  readonly characters: string
  readonly to: number
}

/**
 * A JSON text that the pattern matches, quotes included: a rule for each state of its automaton, so that there is one reading
 * of every text. Throws `OD_FORMAT_SCHEMA`.
 */
export function patternRule(rules: RuleBook, pattern: string): string {
  const states = automatonOf(readPattern(pattern))
  const steps = states.map(({ edges }) =>
    edges.flatMap(({ ranges, to }): Step[] => {
      const characters = oneCharacter(ranges)
      return characters === undefined ? [] : [{ characters, to }]
    }),
  )
  const useful = leadingToAnEnd(states, steps)
  if (!useful.has(0)) throw schemaError('no text fits a pattern')
  const names = new Map(
    [...states.keys()]
      .filter((state) => useful.has(state))
      .map((state) => [state, rules.newName()]),
  )
  for (const [state, name] of names) {
    const next = (steps[state] ?? [])
      .filter(({ to }) => useful.has(to))
      .map(({ characters, to }) => `${characters} ${names.get(to)}`)
    const end = states[state]?.isEnd === true ? [String.raw`"\""`] : []
    rules.define(name, [...next, ...end].join(' | '))
  }
  return rules.add(String.raw`"\"" ${names.get(0)}`)
}

/** States from which a text can still come to its end; in the others a model would be stuck. */
function leadingToAnEnd(
  states: readonly State[],
  steps: readonly (readonly Step[])[],
): Set<number> {
  const sources = new Map<number, number[]>()
  for (const [from, own] of steps.entries()) {
    for (const { to } of own) sources.set(to, [...(sources.get(to) ?? []), from])
  }
  const useful = new Set(states.flatMap(({ isEnd }, state) => (isEnd ? [state] : [])))
  for (const state of useful) for (const from of sources.get(state) ?? []) useful.add(from)
  return useful
}
