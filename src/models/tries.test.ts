import { expect, test } from 'vitest'
import { ManualClock } from '../sys/clock.ts'
import { seededRandom } from '../sys/random.ts'
import { registryLimits } from './registry/index.ts'
import { untilDone } from './tries.ts'

const { paceMs, usefulBytes, triesMax, pauseMsMax } = registryLimits

/** A registry that sends so much within each look and never ends, and how often it was asked. */
async function triesOf(bytesPerLook: number, isAnswerAwaited: boolean): Promise<number> {
  const clock = new ManualClock()
  let tries = 0
  const work = {
    request: (signal: AbortSignal, onBytes: (bytes: number) => void) =>
      new Promise<boolean>((resolve, reject) => {
        tries++
        onBytes(bytesPerLook)
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        if (isAnswerAwaited) clock.after(3 * paceMs, () => resolve(true))
      }),
    gainedBytes: () => 0,
    isAnswerAwaited: () => isAnswerAwaited,
  }
  const done = untilDone(work, { clock, random: seededRandom(1) }, new AbortController().signal)
  const over = new AbortController()
  const ended = done
    .then(
      () => undefined,
      (error: Error) => error.message,
    )
    .finally(() => over.abort())
  while (!over.signal.aborted) {
    clock.advance(Math.max(paceMs, pauseMsMax))
    await new Promise(setImmediate)
  }
  expect(await ended).toBe(isAnswerAwaited ? undefined : 'the registry is too slow')
  return tries
}

test('A-98: a registry that sends a byte a second is given up after some tries', async () => {
  expect(await triesOf(paceMs / 1000, false)).toBe(triesMax)
  expect(await triesOf(usefulBytes - 1, false)).toBe(triesMax)
})

test('a registry that has all and looks at it may be silent for long', async () => {
  expect(await triesOf(0, true)).toBe(1)
})

test('tries that gain little each are no empty ones when they gain enough together', async () => {
  const clock = new ManualClock()
  const neededBytes = 20 * usefulBytes
  let gained = 0
  const work = {
    request: async () => {
      gained += usefulBytes / 4
      return gained >= neededBytes
    },
    gainedBytes: () => gained,
  }
  const over = new AbortController()
  const done = untilDone(work, { clock, random: seededRandom(1) }, over.signal)
  const ended = done.finally(() => over.abort())
  while (!over.signal.aborted) {
    clock.advance(pauseMsMax)
    await new Promise(setImmediate)
  }
  await ended
  expect(gained).toBe(neededBytes)
})
