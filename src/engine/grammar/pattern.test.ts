import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../sys/random.ts'
import { automatonOf, type State } from './automaton.ts'
import { readPattern } from './pattern.ts'
import { patternRule } from './pattern-rule.ts'
import { RuleBook } from './rule-book.ts'
import { textFormats } from './text-formats.ts'

function accepts(states: readonly State[], text: string): boolean {
  let state: State | undefined = states[0]
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const edge = state?.edges.find(({ ranges }) => ranges.some(([a, b]) => a <= code && code <= b))
    state = edge === undefined ? undefined : states[edge.to]
  }
  return state?.isEnd === true
}

const patterns = [
  '^ab$',
  'ab',
  '^a*b+c?d{2}e{1,}$',
  '^$',
  '',
  '^a|b$',
  '^(a|b)|c$',
  '^(?:a|ab)(?:c|bcd)?d*$',
  '^(a*)*b$',
  '^(a?){6}a{6}$',
  '^(?<word>[a-c]+)-\\d{1,3}$',
  '^[^a-c]{1,3}$',
  '^[\\d-]+$',
  '^[\\]^-]*$',
  '^\\w+\\W\\w+$',
  '^\\S*\\s\\S*$',
  '^.a.$',
  '^[\\x61-\\u0063]\\u{1F600}?$',
  '^é|"\\\\$',
  '^a{0}b{2,3}?$',
]

const letters = Array.from('abcde019-]^ \n"\\é😀')

/** Texts of the letters above, some made to look like the pattern. */
function texts(seed: number): string[] {
  const random = seededRandom(seed)
  const any = (from: readonly string[]) => from[Math.floor(random.number() * from.length)] ?? ''
  return Array.from({ length: 600 }, (_, index) =>
    Array.from({ length: index % 13 }, () =>
      any(index % 2 === 0 ? letters : letters.slice(0, 5)),
    ).join(''),
  )
}

describe('a pattern', () => {
  let fitting = 0

  test.each(patterns.map((pattern, index) => [pattern, index] as const))(
    '%s is fitted by the texts that JavaScript fits',
    (pattern, seed) => {
      const states = automatonOf(readPattern(pattern))
      const expression = new RegExp(pattern, 'u')
      for (const text of texts(seed)) {
        expect(accepts(states, text), JSON.stringify(text)).toBe(expression.test(text))
        if (expression.test(text)) fitting++
      }
    },
  )

  test('had enough of both kinds of texts to mean anything', () => {
    expect(fitting).toBeGreaterThan(1_000)
    expect(fitting).toBeLessThan(patterns.length * 600 - 1_000)
  })

  test.each([
    [
      'date',
      ['2024-02-29', '2000-02-29', '1999-12-31'],
      ['2023-02-29', '1900-02-29', '2024-04-31', '2024-13-01', '24-01-01'],
    ],
    ['time', ['23:59:59Z', '00:00:00.123+05:30'], ['24:00:00Z', '12:60:00Z', '12:00:00']],
    ['date-time', ['2024-02-29T23:59:59Z'], ['2023-02-29T23:59:59Z', '2024-02-29 23:59:59Z']],
    [
      'uuid',
      ['123e4567-e89b-12d3-a456-426614174000'],
      ['123e4567e89b12d3a456426614174000', 'g23e4567-e89b-12d3-a456-426614174000'],
    ],
  ])('of the format %s', (format, fitting, others) => {
    const states = automatonOf(readPattern(textFormats.get(format) ?? ''))
    for (const text of fitting) expect(accepts(states, text), text).toBe(true)
    for (const text of others) expect(accepts(states, text), text).toBe(false)
  })

  test('becomes a rule for each state, in which JSON spells the characters', () => {
    const rules = new RuleBook()
    const before = rules.text().length
    patternRule(rules, '^a"?$')
    expect(rules.text().slice(before)).toBe(
      [
        String.raw`r1 ::= [\U00000061] r2`,
        String.raw`r2 ::= "\\\"" r3 | "\""`,
        String.raw`r3 ::= "\""`,
        String.raw`r4 ::= "\"" r1`,
        '',
      ].join('\n'),
    )
  })

  test('leaves out what leads nowhere', () => {
    const rules = new RuleBook()
    patternRule(rules, '^(a[]|b)$')
    expect(rules.text()).not.toContain('U00000061')
  })
})

test.each([
  ['^(?=a)$'],
  ['^(?!a)$'],
  ['^(?<=a)b$'],
  [String.raw`^\bword$`],
  [String.raw`^(a)\1$`],
  [String.raw`^\p{L}$`],
  [String.raw`^\cA$`],
  ['^a$b'],
  ['a^b'],
  ['^(a'],
  ['^a)$'],
  ['^[a$'],
  ['^[z-a]$'],
  ['^a{3,2}$'],
  ['^a{x}$'],
  ['^*a$'],
  ['^a**$'],
  ['^a{5000}$'],
  ['^((a{100}){100}){100}$'],
  ['a.{20}$'],
  ['^\\'],
  ['^[]$'],
  ['^\\u0001$'],
  [`^${'('.repeat(40)}a${')'.repeat(40)}$`],
  ['\ud800'],
])('the pattern %s is refused, at once', (pattern) => {
  const startedMs = performance.now()
  const rule = () => patternRule(new RuleBook(), pattern)
  expect(rule).toThrow(expect.objectContaining({ code: 'OD_FORMAT_SCHEMA' }))
  expect(performance.now() - startedMs).toBeLessThan(2_000)
})
