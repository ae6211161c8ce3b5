/** What `writing-process.ts` leaves behind, looked at after its death. */
import type { StateStore } from '../../../src/state/index.ts'
import { list } from '../../contract/state-store/calls.ts'

export const writersCount = 4

/** The newest count that each writer was told is committed; -1 for none. */
export function acknowledgedIn(output: string): { counts: number[]; revision: number } {
  const counts = Array.from({ length: writersCount }, () => -1)
  let revision = 0
  // The last line may be cut, and then it was not told.
  for (const line of output.split('\n').slice(0, -1)) {
    const [writer = 0, count = 0, at = 0] = line.split(' ').map(Number)
    counts[writer] = Math.max(counts[writer] ?? -1, count)
    revision = Math.max(revision, at)
  }
  return { counts, revision }
}

/** Why what is there is not what was acknowledged, each a sentence; none when it is. */
export async function faultsOf(
  store: StateStore,
  round: number,
  output: string,
): Promise<string[]> {
  const faults: string[] = []
  const { counts, revision } = acknowledgedIn(output)
  const { entries, at } = await list(store, '/')
  if (at.revision < revision) faults.push(`revision ${at.revision} after ${revision} was told`)
  counts.forEach((count, writer) => {
    const of = (key: string) => entries.find((entry) => entry.key === `/${writer}/${key}`)
    const [a, b, c] = ['a', 'b', 'c'].map(of)
    if (a?.value !== b?.value || b?.value !== c?.value || a?.revision !== c?.revision) {
      faults.push(`half a transaction of writer ${writer}: ${a?.value} ${b?.value} ${c?.value}`)
    }
    const [found = -1, newest = -1] = (a?.value ?? '').split('.').map(Number)
    if (count >= 0 && (found !== round || newest < count)) {
      faults.push(`writer ${writer} was told of ${round}.${count}, there is ${a?.value}`)
    }
    if (newest > count + 1 && found === round)
      faults.push(`writer ${writer}: ${newest} came from nowhere`)
    const added = entries.filter(({ key }) => key.startsWith(`/${writer}/added/${found}.`))
    if (a !== undefined && (added.length !== 1 || added[0]?.value !== a.value)) {
      faults.push(
        `writer ${writer} has ${added.map(({ value }) => value).join()} beside ${a.value}`,
      )
    }
  })
  return faults
}
