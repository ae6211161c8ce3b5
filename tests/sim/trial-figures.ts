/** What one part of a trial cost and showed. */
export interface PartFigures {
  /** Until all knew the same; nothing for a part that only lasts. */
  readonly seconds?: number
  readonly rounds?: number
  /** Times at which one node doubted another that was up, among all pairs of them. */
  readonly falseDoubts: number
  readonly falseDeaths: number
  /** Per node and second, over the whole part. */
  readonly bytes: number
  readonly packets: number
}

/** How a trial went: what was wrong, and its figures by part. */
export interface TrialResult {
  /** Empty when all went well. */
  readonly problems: readonly string[]
  readonly figures: ReadonlyMap<string, PartFigures>
}

/** The figures of some trials as lines for people: the median, and the spread where there are several. */
export function describeTrials(trials: readonly TrialResult[]): string {
  const titles = [...new Set(trials.flatMap(({ figures }) => [...figures.keys()]))]
  const lines = titles.map((title) => {
    const parts = trials.flatMap(({ figures }) => figures.get(title) ?? [])
    const told = quantities.flatMap(({ name, digits, of }) => {
      const values = parts.flatMap((figures) => of(figures) ?? [])
      return values.length > 0 ? [`${name} ${spread(values, digits)}`] : []
    })
    return `  ${title}: ${told.join(', ')}`
  })
  return lines.join('\n')
}

const quantities: readonly {
  name: string
  digits: number
  of: (figures: PartFigures) => number | undefined
}[] = [
  { name: 'rounds', digits: 0, of: ({ rounds }) => rounds },
  { name: 'seconds', digits: 1, of: ({ seconds }) => seconds },
  { name: 'bytes per node and second', digits: 0, of: ({ bytes }) => bytes },
  { name: 'packets per node and second', digits: 1, of: ({ packets }) => packets },
  { name: 'false doubts', digits: 0, of: ({ falseDoubts }) => falseDoubts },
  { name: 'false deaths', digits: 0, of: ({ falseDeaths }) => falseDeaths },
]

function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b)
  const text = (share: number) =>
    (sorted[Math.round(share * (sorted.length - 1))] ?? 0).toFixed(digits)
  return text(0) === text(1) ? text(0) : `${text(0.5)} [${text(0)}–${text(1)}]`
}
