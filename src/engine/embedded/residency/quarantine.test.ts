import { describe, expect, test } from 'vitest'
import type { LoadOptions } from '../../runner/index.ts'
import {
  type CrashBook,
  liftQuarantine,
  noteCrash,
  noteLoaded,
  quarantinedMs,
  quarantineLimits,
  refusalOf,
} from './quarantine.ts'

const { quarantineMs, entriesMax } = quarantineLimits
const load: LoadOptions = {
  path: '/blobs/a',
  contextTokens: 4096,
  parallel: 4,
  batchTokens: 512,
  threadCounts: [1],
  gpuLayers: -1,
}

function crashed(times: number, nowMs = 0, book: CrashBook = new Map(), what = load): CrashBook {
  let next = book
  for (let i = 0; i < times; i++) next = noteCrash(next, what, { reason: 'it aborted', nowMs })
  return next
}

describe('a load that ended its runner', () => {
  test('is tried again after the first time and the second, and refused after the third', () => {
    for (const times of [0, 1, 2]) expect(refusalOf(crashed(times), load, 0)).toBeUndefined()
    expect(refusalOf(crashed(3), load, 1_000)).toMatchObject({
      code: 'OD_MODEL_QUARANTINED',
      message: expect.stringMatching(/299 s.*3 times.*it aborted/),
    })
  })

  test('is tried once when its time is over, and refused again at once when that fails too', () => {
    const book = crashed(3)
    expect(refusalOf(book, load, quarantineMs - 1)).toBeDefined()
    expect(refusalOf(book, load, quarantineMs)).toBeUndefined()
    const again = crashed(1, quarantineMs, book)
    expect(refusalOf(again, load, quarantineMs + 1)).toBeDefined()
  })

  test('is forgotten after one that went well, and when somebody lifts it', () => {
    const well = noteLoaded(crashed(2), load)
    expect(refusalOf(crashed(2, 0, well), load, 0)).toBeUndefined()
    const lifted = liftQuarantine(crashed(3), load.path)
    expect([refusalOf(lifted, load, 0), lifted.size]).toEqual([undefined, 0])
    expect(liftQuarantine(crashed(3), '/blobs/b').size).toBe(1)
  })

  test('says nothing of other options, other adapters, other files; the number of sequences does not count', () => {
    const book = crashed(3)
    for (const other of [
      { ...load, path: '/blobs/b' },
      { ...load, contextTokens: 8192 },
      { ...load, gpuLayers: 99 },
      { ...load, adapterPaths: ['/blobs/c'] },
    ]) {
      expect(refusalOf(book, other, 0)).toBeUndefined()
    }
    expect(refusalOf(book, { ...load, parallel: 1 }, 0)).toBeDefined()
    expect([quarantinedMs(book, load.path, 0), quarantinedMs(book, '/blobs/b', 0)]).toEqual([
      quarantineMs,
      0,
    ])
  })

  test('is remembered for so many; the oldest goes', () => {
    let book = crashed(3)
    for (let i = 0; i < entriesMax; i++) {
      book = crashed(1, 0, book, { ...load, path: `/blobs/${i}-other` })
    }
    expect([book.size, refusalOf(book, load, 0)]).toEqual([entriesMax, undefined])
  })
})
