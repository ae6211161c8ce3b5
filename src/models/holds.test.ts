import { expect, test } from 'vitest'
import { parseDigest } from '../core/digest.ts'
import { Holds } from './holds.ts'

const digest = parseDigest(`sha256:${'a'.repeat(64)}`)
if (digest === undefined) throw new Error('not a digest')

/** Tries to remove the blob; true when it was removed. */
async function removes(holds: Holds): Promise<boolean> {
  let isRemoved = false
  await holds.unlessHeld(digest as NonNullable<typeof digest>, async () => {
    isRemoved = true
  })
  return isRemoved
}

test('a held blob stays until the last who holds it has let go, and is named for removal then', async () => {
  const holds = new Holds()
  holds.add(digest)
  expect(holds.tryAdd(digest)).toBe(true)
  expect(await removes(holds)).toBe(false)
  expect(holds.release([digest])).toEqual([])
  expect(holds.release([digest])).toEqual([digest])
  expect(await removes(holds)).toBe(true)
})

test('a blob that nobody wanted to remove is not named when it is let go', () => {
  const holds = new Holds()
  holds.add(digest)
  expect(holds.release([digest])).toEqual([])
})

test('a blob that is being removed cannot be held by a load, and can again afterwards', async () => {
  const holds = new Holds()
  let during: boolean | undefined
  await holds.unlessHeld(digest, async () => {
    during = holds.tryAdd(digest)
  })
  expect([during, holds.tryAdd(digest)]).toEqual([false, true])
})
