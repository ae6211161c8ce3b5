import { afterAll, beforeAll, expect, test } from 'vitest'
import { askUnderSchemas } from '../../../support/schemas/campaign.ts'
import { startTestEngine, type TestEngine } from '../test-engine.ts'

/** Answers under the first `count` random schemas: nine in ten are accepted, and what ends fits. */
export function schemaSuite(count: number): void {
  let engine: TestEngine

  beforeAll(async () => {
    engine = await startTestEngine()
  })
  afterAll(() => engine.stop())

  async function runnerPid(): Promise<number | undefined> {
    const { runners } = (await engine.json('/api/od/runners')) as { runners: { pid: number }[] }
    return runners[0]?.pid
  }

  test(`${count} random schemas: nine in ten are accepted, answers that end fit, no runner dies of the others`, async () => {
    await engine.json('/api/generate', { model: 'pocket' })
    const before = await runnerPid()
    const startedMs = performance.now()
    const seeds = Array.from({ length: count }, (_, index) => index + 1)
    const { wrong, ...counts } = await askUnderSchemas(engine.post, seeds)
    const seconds = (performance.now() - startedMs) / 1_000
    console.log(`schemas: ${JSON.stringify(counts)} in ${seconds.toFixed(1)} s`)
    expect(wrong).toEqual([])
    expect(counts.accepted).toBeGreaterThanOrEqual(0.9 * count)
    expect(counts.refused).toBe(count - counts.accepted)
    expect(counts.refused).toBeGreaterThan(0)
    expect(counts.ended).toBeGreaterThan(0.75 * counts.accepted)
    expect(await runnerPid()).toBe(before)
  })
}
