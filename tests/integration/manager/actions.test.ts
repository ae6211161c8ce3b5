import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { LongAction } from '../../../src/admin/index.ts'
import { OllamaProcessManager } from '../../../src/engine/manager/index.ts'
import { openEngineActions } from '../../../src/node/engine-actions.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { living, type ManagerBench, recordedPids, startManager } from './manager-setup.ts'

/** What an action told while it ran: the first word of each step, and whether it could be given up then. */
async function run(action: LongAction, signal = new AbortController().signal): Promise<string[]> {
  const told: string[] = []
  await action({
    signal,
    tell: (step, canCancel) => {
      told.push(`${step.split(' ')[0]} ${canCancel}`)
    },
  })
  return told
}

async function open({ folder, manager }: Pick<ManagerBench, 'folder' | 'manager'>) {
  const removed: string[] = []
  const warned: string[] = []
  const log = { ...silentLog, error: (_: object, event: string) => void warned.push(event) }
  const file = folder.inside('data', 'state', 'engines.json')
  const onRemoved = (name: string) => void removed.push(name)
  const surroundings = { manager, file, log, clock: systemClock, onRemoved }
  const actions = await openEngineActions({ ...surroundings, startsEngines: true })
  return { actions, removed, warned, file }
}

/** The same folder with a manager of its own, as after a restart of the node. */
async function startAgain({ folder, manager }: ManagerBench) {
  await manager.stop()
  const next = new OllamaProcessManager({
    dataDir: folder.inside('data'),
    binary: folder.inside('bin', 'ollama'),
    healthCheckIntervalMs: 300,
  })
  await next.start()
  return { next, ...(await open({ folder, manager: next })) }
}

describe('engines that are added to a running node', () => {
  test('are there after a restart with their ports and variables, until they are removed', async () => {
    const remote = await startFakeOllama()
    const bench = await startManager()
    const { actions } = await open(bench)
    await actions.add({ kind: 'remote', name: 'nas', url: `127.0.0.1:${remote.port}` })
    const environment = { ONLY_SECOND: 'yes' }
    const second = await actions.add({ kind: 'managed', name: 'second', environment })
    await bench.untilState('second', 'running')
    const { next, actions: later, removed, file } = await startAgain(bench)
    expect(next.instances()).toMatchObject([
      { id: 'nas', kind: 'remote', url: remote.url },
      { id: 'second', kind: 'managed', url: second.url },
    ])
    const pid = await until('it to run', () => {
      const { state, pid: found } = next.instance('second')
      return state === 'running' && found
    })
    const written = JSON.parse(await readFile(file, 'utf8')) as { engines: object[] }
    expect(written.engines).toMatchObject([{ name: 'nas' }, { name: 'second', environment }])
    expect(await run(later.remove('second', 0))).toEqual(['waits true', 'is false'])
    expect(await run(later.remove('nas', 0))).toEqual(['is false'])
    expect(removed).toEqual(['second', 'nas'])
    expect(living([pid, remote.pid])).toEqual([remote.pid])
    expect(next.instances()).toEqual([])
    expect(await readFile(file, 'utf8')).toContain('"engines": []')
    await next.stop()
    await remote.stop()
  })

  test('are refused with the names of the node itself, and what the configuration asks for is not removed', async () => {
    const bench = await startManager()
    const { actions } = await open(bench)
    for (const name of ['local', 'default', 'embedded']) {
      const added = actions.add({ kind: 'remote', name, url: 'http://nas' })
      await expect(added).rejects.toMatchObject({ code: 'OD_ENGINE_NAME' })
    }
    bench.manager.addRemote('default', 'http://127.0.0.1:9')
    expect(() => actions.remove('default', 0)).toThrow('the configuration asks for the engine')
    expect(() => actions.remove('other', 0)).toThrow('this node has no engine other')
    expect(() => actions.stop('default', 0)).toThrow('this node did not start the engine default')
    expect(() => actions.start('other')).toThrow('this node has no engine other')
  })

  test('come one after the other when two ask for one name at once', async () => {
    const { actions } = await open(await startManager())
    const added = ['http://127.0.0.1:9', 'http://127.0.0.1:10'].map((url) =>
      actions.add({ kind: 'remote', name: 'nas', url }),
    )
    const results = await Promise.allSettled(added)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { code: 'OD_ENGINE_NAME_TAKEN' } })
  })

  test('are started, stopped and restarted by name', async () => {
    const bench = await startManager()
    const { actions } = await open(bench)
    await actions.add({ kind: 'managed', name: 'second' })
    const { pid: first = 0 } = await bench.untilState('second', 'running')
    const restarted = await run(actions.restart('second', 0))
    expect(restarted.slice(0, 3)).toEqual(['waits true', 'ends false', 'waits false'])
    const { pid: next = 0 } = bench.engine('second')
    expect(bench.engine('second').state).toBe('running')
    expect(living([first, next])).toEqual([next])
    expect(await run(actions.stop('second', 0))).toEqual(['waits true', 'ends false'])
    expect(bench.engine('second').state).toBe('stopped')
    expect(living([next])).toEqual([])
    await run(actions.start('second'))
    expect(bench.engine('second').state).toBe('running')
    expect(await run(actions.start('second'))).toEqual([]) // it runs
  })

  test('S-024 (part: given up): a stop that is given up while answers run leaves the engine in use, with its process', async () => {
    const bench = await startManager()
    const { actions } = await open(bench)
    await actions.add({ kind: 'managed', name: 'second' })
    const { pid } = await bench.untilState('second', 'running')
    const finish = bench.manager.monitor.roster.begin('second')
    const giveUp = new AbortController()
    const stopped = run(actions.stop('second', 600_000), giveUp.signal)
    expect(bench.engine('second').state).toBe('stopped')
    giveUp.abort()
    await expect(stopped).rejects.toBe(giveUp.signal.reason)
    expect(await bench.untilState('second', 'running')).toMatchObject({ pid, activeRequests: 1 })
    finish('answered')
  })

  test('a start that is given up ends what it started; one of an engine that cannot run says why', async () => {
    const bench = await startManager()
    const { actions, file } = await open(bench)
    await actions.add({ kind: 'managed', name: 'second' })
    const { pid = 0 } = await bench.untilState('second', 'running')
    await run(actions.stop('second', 0))
    const giveUp = new AbortController()
    const started = run(actions.start('second'), giveUp.signal)
    giveUp.abort()
    await expect(started).rejects.toBe(giveUp.signal.reason)
    expect(bench.engine('second').state).toBe('stopped')
    expect(await recordedPids(bench.folder.inside('data'))).toEqual([])
    expect(living([pid])).toEqual([])
    const environment = { FAKE_OLLAMA: 'crashing' }
    await actions.add({ kind: 'managed', name: 'third', environment })
    await expect(run(actions.start('third'))).rejects.toMatchObject({
      code: 'OD_ENGINE_START',
      message: 'the engine third does not come up: exit code 3',
    })
    expect(bench.engine('third').state).toBe('crash-loop')
    expect(await readFile(file, 'utf8')).toContain('third')
  })

  test('that cannot be written down are not kept; a damaged list is never overwritten', async () => {
    const bench = await startManager()
    const { file } = await open(bench)
    await (await open(bench)).actions.add({ kind: 'remote', name: 'a', url: 'http://nas' })
    await bench.manager.removeInstance('a')
    await writeFile(file, '{"form":1,"engi')
    const { actions, warned } = await open(bench)
    expect(warned).toEqual(['engines.unreadable'])
    const added = actions.add({ kind: 'remote', name: 'b', url: 'http://nas' })
    await expect(added).rejects.toMatchObject({ code: 'OD_ENGINE_FOLDER' })
    expect(bench.manager.instances()).toEqual([])
    expect(await readFile(file, 'utf8')).toBe('{"form":1,"engi')
  })
})
