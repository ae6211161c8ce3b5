import { describe, expect, test } from 'vitest'
import { patternRule } from './pattern.ts'
import { RuleBook } from './rule-book.ts'

const grammarOf = (pattern: string): string => {
  const rules = new RuleBook()
  const before = rules.text().length
  patternRule(rules, pattern)
  return rules.text().slice(before)
}

describe('a pattern', () => {
  test.each([
    ['^ab$', 'r1 ::= "a" "b"\nr2 ::= "\\"" r1 "\\""\n'],
    ['a', 'r1 ::= character* "a" character*\nr2 ::= "\\"" r1 "\\""\n'],
    ['^a*b+c?d{2}e{1,}$', 'r1 ::= "a"* "b"+ "c"? "d"{2,2} "e"+\nr2 ::= "\\"" r1 "\\""\n'],
    ['^$', 'r1 ::= ""\nr2 ::= "\\"" r1 "\\""\n'],
    [
      '^(a|b)|c$',
      'r1 ::= ("a" | "b")\nr2 ::= (r1 character* | character* "c")\nr3 ::= "\\"" r2 "\\""\n',
    ],
    [
      String.raw`^[\d"]$`,
      'r1 ::= ([\\U00000030-\\U00000039] | "\\\\\\"")\nr2 ::= "\\"" r1 "\\""\n',
    ],
    ['^[^\\x00-\\u{10FFFE}]$', 'r1 ::= [\\U0010ffff]\nr2 ::= "\\"" r1 "\\""\n'],
  ])('%s becomes rules', (pattern, rules) => {
    expect(grammarOf(pattern)).toBe(rules)
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
    ['^a{2000}$'],
    ['^\\'],
    ['^[]$'],
    [`^${'('.repeat(40)}a${')'.repeat(40)}$`],
    ['\ud800'],
  ])('%s is refused', (pattern) => {
    expect(() => grammarOf(pattern)).toThrow(expect.objectContaining({ code: 'OD_FORMAT_SCHEMA' }))
  })
})
