import { expect, test } from 'vitest'
import { EventLog, makeManagement } from '../../../src/admin/index.ts'
import type { AdminSources } from '../../../src/admin/ports.ts'
import { startRoster } from '../../../src/engine/roster/index.ts'
import { ManualClock } from '../../../src/sys/clock.ts'
import { seededRandom } from '../../../src/sys/random.ts'

const intervalMs = 30_000
const modified_at = '2026-01-01T00:00:00Z'
const well = {
  ok: true,
  answer: {
    version: '0.24.0',
    lists: { models: [{ name: 'a', digest: 'a', modified_at }], loaded: [] },
    areListsLate: false,
  },
} as const
const refused = { ok: false, reason: 'it refuses connections' } as const

test('S-025: an engine is probed at the interval, is unhealthy after three failures in a row, and /api/v1/instances shows what came of it', async () => {
  const clock = new ManualClock()
  const sentMs: number[] = []
  let isWell = true
  const roster = startRoster({
    clock,
    intervalMs,
    onChange: () => {},
    onHung: () => {},
    probe: async () => {
      sentMs.push(clock.nowMs())
      return isWell ? well : refused
    },
  })
  const sources = {
    engines: () => roster.list(),
    refresh: async () => {},
    node: () => ({
      nodeId: 'node-1',
      name: 'desk',
      version: '0.1.0',
      startedAtMs: 0,
      addresses: [],
      components: [],
    }),
    events: new EventLog(clock),
    clock,
    random: seededRandom(1),
  } as unknown as AdminSources // all that this report is made of
  const instance = async () => {
    const question = { query: '', body: new Uint8Array(), lastEventId: undefined, parameters: {} }
    const path = '/api/v1/instances'
    const answer = await makeManagement(sources).answer({ method: 'GET', path, ...question })
    if (!('body' in answer)) throw new Error('no whole answer')
    return (JSON.parse(answer.body) as { instances: Record<string, unknown>[] }).instances[0]
  }
  const pass = async (ms: number) => {
    clock.advance(ms)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  roster.report({ type: 'engine.added', engine: 'local', kind: 'adopted', url: 'http://h:1' })
  await pass(0)
  for (let i = 0; i < 5; i++) await pass(intervalMs)
  expect(sentMs).toEqual([0, 1, 2, 3, 4, 5].map((n) => n * intervalMs))
  expect(await instance()).toMatchObject({
    state: 'running',
    lastProbe: { ok: true, at: new Date(clock.wallMs()).toISOString() },
  })

  isWell = false
  await pass(intervalMs)
  await pass(100) // a failure is confirmed soon
  expect(await instance()).toMatchObject({ state: 'running', lastProbe: { ok: false } })
  await pass(100)
  expect(await instance()).toMatchObject({ state: 'unhealthy', reason: refused.reason })
  roster.stop()
})
