import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fakeOllama } from '../../support/ollama-program/kinds.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { listen } from './event-reader.ts'
import { startRunningNode } from './running-node.ts'

test('S-027: an engine that hangs, dies and is stopped goes through all its states, each with its time and reason, by API and as events', async () => {
  const data = await makeTemporaryDirectory()
  const { env } = await fakeOllama.install(data.path)
  const yaml = 'integration: { process_manager: { health_check_interval: 1s } }'
  await writeFile(data.inside('ollama-distributed.yaml'), yaml)
  const node = await startRunningNode({ dataDir: data.path, env })
  const events = await listen(node.gateway)
  const changes = () =>
    events().filter(({ type, engine }) => type === 'engine.changed' && engine === 'default')
  const shown = async () => {
    const response = await fetch(`${node.gateway}/api/v1/instances/default`)
    return (await response.json()) as { state: string; since: string; reason: string; pid: number }
  }
  let lastSinceMs = 0
  /** Waits for a state and compares what the API says of it with the event. */
  const untilState = async (state: string) => {
    await until(`it to be ${state}`, () => changes().at(-1)?.state === state, { timeoutMs: 30_000 })
    const [told, report] = [changes().at(-1), await shown()]
    expect(report).toMatchObject({ state, reason: told?.reason })
    expect(Date.parse(report.since)).toBeLessThanOrEqual(Date.parse(told?.at ?? ''))
    expect(Date.parse(report.since)).toBeGreaterThan(lastSinceMs)
    lastSinceMs = Date.parse(report.since)
    return report
  }
  const { pid } = await untilState('running')
  process.kill(pid, 'SIGSTOP')
  await untilState('unhealthy')
  process.kill(pid, 'SIGKILL')
  await until('another process', async () => (await shown()).pid !== pid)
  await untilState('running')
  await node.post('/api/v1/instances/default/stop', {})
  await untilState('stopped')
  expect(changes().map(({ state }) => state)).toEqual([
    'starting',
    'running',
    'unhealthy',
    'restarting',
    'starting',
    'running',
    'stopped',
  ])
  expect(changes().every(({ at, reason }) => Date.parse(at) > 0 && /\w/.test(reason ?? ''))).toBe(
    true,
  )
  await node.stop()
  await data.remove()
})
