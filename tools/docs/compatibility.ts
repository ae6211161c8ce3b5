/**
 * What differs from a real Ollama, from the report of a test run: the golden suite marks every case with what became of it.
 * A subject that a run could not ask (a real Ollama, where none is installed) keeps the line that an earlier run gave it.
 */
import type { Rule } from '../../tests/contract/golden/rules.ts'
import {
  type Family,
  families,
  familyNames,
  type Share,
  type Shares,
  sharesBy,
  shareText,
} from './golden-families.ts'

/** What the suite marks a case with. */
export interface GoldenMark {
  readonly subject: string
  /** What stands before the name of the case. */
  readonly group: string
  /** `not asked`: the subject does not claim to have what the case is about. */
  readonly outcome: 'equal' | 'listed' | 'different' | 'not asked'
  /** Title of the rule by which it differs. */
  readonly rule?: string
}

/** One line of the page. */
export interface SubjectRow {
  readonly subject: string
  readonly cases: number
  readonly equal: number
  readonly listed: number
  readonly different: number
  readonly notAsked: number
  /** Places of the rules that were needed, from 1. */
  readonly rules: readonly number[]
  /** Absent in a line that an earlier run gave before these were counted. */
  readonly shares?: Shares
}

/** The subjects of a run, in its order. */
export function subjectRows(marks: readonly GoldenMark[], rules: readonly Rule[]): SubjectRow[] {
  return [...Map.groupBy(marks, ({ subject }) => subject)].map(([subject, own]) => {
    const count = (outcome: GoldenMark['outcome']) =>
      own.filter((mark) => mark.outcome === outcome).length
    const needed = rules.flatMap(({ title }, at) =>
      own.some(({ rule }) => rule === title) ? [at + 1] : [],
    )
    return {
      subject,
      cases: own.length,
      equal: count('equal'),
      listed: count('listed'),
      different: count('different'),
      notAsked: count('not asked'),
      rules: needed,
      shares: sharesBy((family) => shareOf(own, family)),
    }
  })
}

function shareOf(marks: readonly GoldenMark[], family: Family): Share {
  const asked = marks.filter(
    ({ group, outcome }) => outcome !== 'not asked' && families[family].has(group),
  )
  const equal = asked.filter(({ outcome }) => outcome === 'equal')
  return { equal: equal.length, asked: asked.length }
}

/** The lines of a page, to be kept where a run has none of that subject. */
export function rowsOf(page: string): SubjectRow[] {
  const lines = /^\| ([^|]+) \| (\d+) \| (\d+) \| (\d+)(?: \(([\d, ]+)\))? \| (\d+) \| (\d+) \|$/gm
  const shares = sharesOf(page)
  return [...page.matchAll(lines)].map(([, subject = '', ...cells]) => {
    const own = shares.get(subject)
    const [cases, equal, listed, rules, different, notAsked] = cells
    return {
      subject,
      cases: Number(cases),
      equal: Number(equal),
      listed: Number(listed),
      different: Number(different),
      notAsked: Number(notAsked),
      rules: rules === undefined ? [] : rules.split(', ').map(Number),
      ...(own === undefined ? {} : { shares: own }),
    }
  })
}

function sharesOf(page: string): Map<string, Shares> {
  const cell = String.raw`(\d+ of \d+) \([^)]+\) \|`
  const lines = new RegExp(`^\\| ([^|]+) \\| ${familyNames.map(() => cell).join(' ')}$`, 'gm')
  const found = [...page.matchAll(lines)].map(([, subject = '', ...cells]) => {
    const shareOf = (family: Family) => {
      const [equal = 0, asked = 0] = (cells[familyNames.indexOf(family)] ?? '')
        .split(' of ')
        .map(Number)
      return { equal, asked }
    }
    return [subject, sharesBy(shareOf)] as const
  })
  return new Map(found)
}

/** The lines of this run, with those of the page for subjects that it did not ask. */
export function mergedRows(ran: readonly SubjectRow[], page: string): SubjectRow[] {
  const kept = rowsOf(page).filter(({ subject }) => !ran.some((row) => row.subject === subject))
  return [...ran, ...kept].sort((a, b) => a.subject.localeCompare(b.subject))
}

/** What a page says better of a subject than this run showed. */
export function falsePraise(page: string, ran: readonly SubjectRow[]): string[] {
  const claimed = new Map(rowsOf(page).map((row) => [row.subject, row]))
  return ran.flatMap((row) => {
    const said = claimed.get(row.subject)
    if (said === undefined) return [`${row.subject}: is not there`]
    const isWorse = row.different > said.different || row.listed > said.listed
    return isWorse ? [`${row.subject}: ${row.listed} and ${row.different} cases differ`] : []
  })
}

/** `docs/compatibility.md`. */
export function compatibilityPage(rows: readonly SubjectRow[], rules: readonly Rule[]): string {
  const table = rows.map((row) => {
    const by = row.rules.length === 0 ? '' : ` (${row.rules.join(', ')})`
    return `| ${row.subject} | ${row.cases} | ${row.equal} | ${row.listed}${by} | ${row.different} | ${row.notAsked} |`
  })
  const shares = rows.flatMap(({ subject, shares: own }) =>
    own === undefined
      ? []
      : `| ${subject} | ${familyNames.map((name) => shareText(own[name])).join(' | ')} |`,
  )
  return [
    '# Compatibility with Ollama',
    '',
    'Generated by `npm run docs` from the report of `npm test`; not written by hand.',
    '',
    'Requests whose answers were recorded from a real Ollama 0.24 are asked again, of an engine directly, of a gateway of',
    'two nodes that have the models between them, and of a single node as `npm start` makes it. Compared are version, status, framing, headers, what becomes of the connection, texts of errors, keys and their order,',
    'shape and end of streams; see `tests/contract/golden/README.md`. *Not asked* are cases about what an engine does not claim',
    'to have. Lines of a real Ollama come from the last run that had one.',
    '',
    'Not compared: the headers `X-OD-*`, which only a gateway adds; the last digits of vectors; what a model says and how many tokens that takes.',
    '',
    '| who was asked | cases | as Ollama | different by a rule below | different otherwise | not asked |',
    '| --- | --- | --- | --- | --- | --- |',
    ...table,
    '',
    'As Ollama, of what was asked; native are all groups but `pull`, `push` and `v1-*`. `http`, `wire` and `cors` are about HTTP itself,',
    'where a gateway is stricter on purpose:',
    '',
    `| who was asked | ${familyNames.map((name) => families[name].title).join(' | ')} |`,
    '| --- | --- | --- | --- |',
    ...shares,
    '',
    '## What differs, and why',
    '',
    ...rules.map(({ title, reason }, at) => `${at + 1}. **${title}.** ${reason}`),
    '',
  ].join('\n')
}
