import { describe, expect, test } from 'vitest'
import type { Hardware } from '../../sys/hardware.ts'
import { hardwareFindings, parametersThatFit } from './hardware.ts'

const machine: Hardware = {
  processor: 'Fast 9000',
  cores: 8,
  memory: { totalBytes: 16e9, availableBytes: 8e9 },
  gpus: [],
  disks: [{ path: '/data', totalBytes: 1e12, freeBytes: 50e9 }],
}

function findings(change: Partial<Hardware> = {}, engines = 1) {
  return hardwareFindings({ ...machine, ...change }, engines)
}

const topic = (name: string, ...of: Parameters<typeof findings>) =>
  findings(...of).find((one) => one.topic === name)

describe('S-122: cores', () => {
  test('are enough at four for each engine, and warned of below', () => {
    expect(topic('cores', { cores: 4 })).toMatchObject({ state: 'ok' })
    expect(topic('cores', { cores: 3 })).toMatchObject({
      state: 'warning',
      text: '3 for one engine (Fast 9000)',
      fix: expect.stringContaining('At least 4 for each engine'),
    })
    expect(topic('cores', { cores: 8 }, 2)).toMatchObject({ state: 'ok' })
    expect(topic('cores', { cores: 7 }, 2)).toMatchObject({ state: 'warning' })
  })
})

describe('memory', () => {
  test('S-119 (part: shown): the guide gives a 7B model 8 GB', () => {
    expect(parametersThatFit(8e9)).toBe(7)
    expect(parametersThatFit(7.9e9)).toBeLessThan(7)
    expect(topic('memory')?.text).toBe(
      '8 GB of 16 GB available: models of up to about 7 B parameters',
    )
  })
})

test('graphics processors are named with what is known of them', () => {
  expect(topic('graphics')?.text).toBe('no graphics processor was found')
  const gpus = [
    { vendor: 'NVIDIA', model: 'NVIDIA RTX 4090', memoryBytes: 24e9, isUnified: false },
    { vendor: 'Apple', model: 'Apple M3', isUnified: true },
    { vendor: 'AMD', model: 'Navi 31', isUnified: false },
  ]
  expect(topic('graphics', { gpus })?.text).toBe(
    "NVIDIA RTX 4090, 24 GB; Apple M3, shares the machine's memory; AMD Navi 31",
  )
})

test('a disk with less room than one model takes is warned of', () => {
  const disks = [{ path: '/small', totalBytes: 20e9, freeBytes: 9e9 }]
  expect(topic('disk', { disks })).toMatchObject({ state: 'warning' })
  expect(topic('disk')).toEqual({
    topic: 'disk',
    state: 'ok',
    text: '50 GB of 1 TB free at /data',
  })
})
