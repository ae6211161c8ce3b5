/** One writes, one watches, and what connects them is cut again and again. */
import { expect } from 'vitest'
import { Reader } from './calls.ts'
import type { Ground } from './ground.ts'

const writesCount = 150

/** The watch, and one that a second client takes up where the first one stopped, give the writes once each, in order. */
export async function followThroughCuts(ground: Ground, own: string): Promise<void> {
  const writer = ground.connect()
  const { at } = await writer.get(own)
  const written = (async () => {
    const revisions: number[] = []
    for (let i = 0; i < writesCount; ) {
      // The value says whether it is there already: a write of unknown outcome is asked for again.
      const key = `${own}a`
      const condition = i === 0 ? { key, is: 'absent' as const } : { key, value: String(i - 1) }
      const done = await writer
        .transact({ conditions: [condition], writes: [{ put: key, value: String(i) }] })
        .catch(() => undefined)
      if (done?.outcome === 'committed') revisions.push(done.at.revision)
      if (done?.outcome === 'committed' || done?.outcome === 'conflict') i++
      if (i % 15 === 7) ground.cut()
    }
    return revisions
  })()
  const seen: string[] = []
  let position = at
  for (const count of [writesCount / 2, writesCount]) {
    await using reader = new Reader(ground.connect(), own, position)
    while (seen.length < count) {
      const { at, texts } = await reader.changes()
      expect(at.revision).toBeGreaterThan(position.revision)
      position = at
      seen.push(...texts)
    }
  }
  expect((await written).length).toBeGreaterThan(0)
  const expected = Array.from({ length: writesCount }, (_, i) => `put ${own}a=${i}`)
  expect(seen).toEqual(expected)
}
