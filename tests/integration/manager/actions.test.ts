import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { OllamaProcessManager } from '../../../src/engine/manager/index.ts'
import { openEngineActions } from '../../../src/node/engine-actions.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { until } from '../../support/until.ts'
import { living, type ManagerBench, startManager } from './manager-setup.ts'

async function open({ folder, manager }: Pick<ManagerBench, 'folder' | 'manager'>) {
  const removed: string[] = []
  const warned: string[] = []
  const log = { ...silentLog, error: (_: object, event: string) => void warned.push(event) }
  const file = folder.inside('data', 'state', 'engines.json')
  const onRemoved = (name: string) => void removed.push(name)
  const actions = await openEngineActions({ manager, startsEngines: true, file, log, onRemoved })
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
    await later.remove('second')
    await later.remove('nas')
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
    const refused = actions.remove('default')
    await expect(refused).rejects.toMatchObject({ code: 'OD_ENGINE_CONFIGURED' })
    const unknown = actions.remove('other')
    await expect(unknown).rejects.toMatchObject({ code: 'OD_ENGINE_UNKNOWN' })
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
    await actions.restart('second', 0)
    const { pid: next = 0 } = await bench.untilState('second', 'running')
    expect(living([first, next])).toEqual([next])
    expect(await actions.stop('second', 0)).toMatchObject({ state: 'stopped' })
    expect(living([next])).toEqual([])
    await actions.start('second')
    await bench.untilState('second', 'running')
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
