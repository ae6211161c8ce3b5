import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { limits } from '../../../src/engine/child/machine.ts'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import { until } from '../../support/until.ts'
import { living, startManager } from './manager-setup.ts'

overOllamas('S-082: a managed Ollama', (ollama) => {
  test('that is killed is back as another process at its place, its runner gone, one event for each change', async () => {
    const { startStocked, runnerOf, untilState, statesOf, events } = await startManager({}, ollama)
    const { pid = 0, url } = await startStocked('default')
    const runner = await runnerOf('default')
    process.kill(pid, 'SIGKILL')
    await until('the loss to be noticed', () => statesOf('default').includes('restarting'))
    const again = await untilState('default', 'running')
    expect(again.url).toBe(url)
    expect(again.pid).not.toBe(pid)
    expect(living([pid, runner])).toEqual([])
    expect(living([await runnerOf('default')])).toHaveLength(1)
    expect(events()).toContain('default restarting: killed by SIGKILL')
    expect(statesOf('default')).toEqual([
      'starting',
      'running',
      'restarting',
      'starting',
      'running',
    ])
  })

  test('whose runner is killed goes on, because the runner is its own business', async () => {
    const { startStocked, runnerOf, engine, statesOf } = await startManager({}, ollama)
    const { pid } = await startStocked('default')
    const runner = await runnerOf('default')
    process.kill(runner, 'SIGKILL')
    await until('the runner to end', () => living([runner]).length === 0)
    const probed = engine('default').lastProbe?.atMs ?? 0
    await until('a later probe', () => (engine('default').lastProbe?.atMs ?? 0) > probed)
    expect(engine('default')).toMatchObject({ state: 'running', pid })
    expect(statesOf('default')).toEqual(['starting', 'running'])
    const body = JSON.stringify({ model: 'tiny', prompt: 'Hello!', stream: false })
    const { url } = engine('default')
    const answer = await fetch(`${url}/api/generate`, { method: 'POST', body })
    expect(await answer.json()).toMatchObject({ done: true })
  })

  test('S-027 (part: states): that hangs is unhealthy, then replaced, its runner with it', async () => {
    const bench = await startManager({}, ollama)
    const { runnerOf, untilState, statesOf, events, engine } = bench
    const { pid = 0 } = await bench.startStocked('default')
    const runner = await runnerOf('default')
    process.kill(pid, 'SIGSTOP')
    await untilState('default', 'unhealthy', 20_000)
    await until('another process', () => engine('default').pid !== pid, {
      timeoutMs: 40_000,
    })
    await untilState('default', 'running', 40_000)
    expect(living([pid, runner])).toEqual([])
    const states = ['starting', 'running', 'unhealthy', 'restarting', 'starting', 'running']
    expect(statesOf('default')).toEqual(states)
    expect(events()).toContain('default restarting: it hangs: it does not answer in time')
  })

  test('S-013: that hung for a moment is well again, and is the same process', async () => {
    const { manager, untilState, statesOf } = await startManager({}, ollama)
    const { pid = 0 } = await manager.startInstance('default')
    process.kill(pid, 'SIGSTOP')
    await untilState('default', 'unhealthy', 20_000)
    process.kill(pid, 'SIGCONT')
    expect(await untilState('default', 'running', 20_000)).toMatchObject({ pid })
    expect(statesOf('default')).toEqual(['starting', 'running', 'unhealthy', 'running'])
  })

  test('that always dies is in a crash loop after five times, told once, and spins no more', async () => {
    const { manager, untilState, statesOf, linesOf } = await startManager({}, ollama)
    const { environment, reason, words } = ollama.failing
    await manager.addInstance('default', { environment })
    const looping = await untilState('default', 'crash-loop', 30_000)
    expect(looping.reason).toBe(reason)
    expect(statesOf('default')).toEqual(['starting', 'restarting', 'crash-loop'])
    const said = (await linesOf('default')).filter((line) => line.startsWith(words))
    expect(said).toHaveLength(limits.loopCrashes)
    await manager.stopInstance('default')
    expect(statesOf('default').at(-1)).toBe('stopped')
  })

  test('whose place a stranger takes meanwhile waits until it is free, and says who is there', async () => {
    const { manager, untilState, events, statesOf } = await startManager({}, ollama)
    const { url } = await manager.startInstance('default')
    await manager.stopInstance('default')
    const stranger = await ollama.serve(Number(new URL(url).port))
    manager.startAgain('default')
    await until('the reason', () => events().some((event) => event.includes(`pid ${stranger.pid}`)))
    expect(statesOf('default').at(-1)).toBe('restarting')
    expect(living([stranger.pid])).toEqual([stranger.pid])
    await stranger.stop()
    await manager.restartInstance('default')
    await untilState('default', 'running')
  })
})

test('S-113 (part: log): what an Ollama writes is kept, turned over when it is large, and read across the turn', async () => {
  const { manager, linesOf } = await startManager()
  await manager.startInstance('default', { environment: { FAKE_OLLAMA: 'chatty' } })
  const numbers = async () =>
    (await linesOf('default', 10_000)).flatMap((line) => /^(\d+) x/.exec(line)?.[1] ?? [])
  await until('the last line', async () => (await numbers()).at(-1) === '2499', {
    timeoutMs: 30_000,
  })
  const file = manager.logFileOf('default') ?? ''
  expect((await stat(`${file}.1`)).size).toBeGreaterThan(16 * 1024 * 1024)
  expect((await stat(file)).size).toBeLessThan(8 * 1024 * 1024)
  const last = (await numbers()).slice(-700).map(Number)
  expect(last).toEqual(Array.from({ length: last.length }, (_, i) => 2_500 - last.length + i))
})
