/** Several arms under the same load, in turns, and their figures side by side. */
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuSecondsOf, type Listening, type Load } from './processes.ts'

/** What V8 makes of the product goes on getting faster for some 40,000 requests. */
const warmUpRounds = 6
const rounds = 5

export interface Measured extends LoadResult {
  /** Of all processes of the arm. */
  readonly cpuSeconds: number
}

/** What is measured: where it is asked, and the processes that are its own. `body`: what it alone is asked, as long as the others'. */
export type Arm = Pick<Listening, 'port'> & {
  readonly pid: number | readonly number[]
  readonly body?: string
}

/** Warms each arm up, then goes round them, every other time backwards. Throws when one lost or added a byte. */
export async function goRounds<Name extends string>(
  arms: Readonly<Record<Name, Arm>>,
  order: Omit<LoadOrder, 'port'>,
  load: Load,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(arms) as Name[]
  const seen = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<
    Name,
    Measured[]
  >
  const run = async (name: Name): Promise<Measured> => {
    const { pid, port, body = order.body } = arms[name]
    const cpuSeconds = () => [pid].flat().reduce((sum, one) => sum + cpuSecondsOf(one), 0)
    const before = cpuSeconds()
    const result = await load.run({ ...order, port, body })
    return { ...result, cpuSeconds: cpuSeconds() - before }
  }
  for (let round = 0; round < warmUpRounds; round++) {
    for (const name of names) await run(name)
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      seen[name].push(await run(name))
    }
  }
  const sizes = new Set(names.flatMap((name) => seen[name].map(({ bodyBytes }) => bodyBytes)))
  if (sizes.size !== 1) throw new Error('the arms passed on different numbers of bytes')
  return seen
}

/**
 * One figure of all arms, and the first one's over that of each reference of the same round. `labels`: how the arms are
 * called, in the order in which they are printed.
 */
export function printRow<Name extends string>(
  title: string,
  figure: (measured: Measured) => number,
  digits: number,
  seen: Readonly<Record<Name, readonly Measured[]>>,
  labels: Readonly<Record<Name, string>>,
  references: readonly Name[] = (Object.keys(labels) as Name[]).slice(1, 2),
): void {
  const names = Object.keys(labels) as Name[]
  const of = (name: Name) => (seen[name] ?? []).map(figure)
  console.log(title)
  for (const name of names) console.log(`  ${labels[name]} ${spread(of(name), digits)}`)
  const [own] = names
  if (own === undefined) return
  for (const reference of references) {
    const others = of(reference)
    const ratios = of(own).map((value, i) => value / (others[i] ?? Number.NaN))
    console.log(`  ${labels[own]} over ${labels[reference]} ${spread(ratios, 2)}`)
  }
}

/** The latency that so large a part of the requests did not exceed, in milliseconds. */
export function latency(measured: Measured | undefined, part: number): number {
  const sorted = measured?.latenciesMs ?? []
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

/** Median, least and most. */
export function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const text = (at: number) => (sorted[at] ?? Number.NaN).toFixed(digits)
  return `${text(Math.floor(sorted.length / 2))} (${text(0)} to ${text(sorted.length - 1)})`
}
