import { chmod, mkdir, stat } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { isOdError } from '../../../src/core/errors/index.ts'
import { OllamaProcessManager } from '../../../src/engine/manager/index.ts'
import { holderOfPort } from '../../../src/sys/network.ts'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import { environmentOf, folderOf } from '../../support/process-tree.ts'
import { until, within } from '../../support/until.ts'
import { living, recordedPids, startManager } from './manager-setup.ts'

const codeOf = async (action: Promise<unknown> | (() => unknown)): Promise<string> => {
  try {
    await (typeof action === 'function' ? action() : action)
    return 'no error'
  } catch (error) {
    return isOdError(error) ? error.code : String(error)
  }
}

overOllamas('an instance', (ollama) => {
  test('S-010 (part: module), S-023, S-028: is started under a name and answers, with pid, start time and version; a second one of that name is refused', async () => {
    const { manager, folder, statesOf } = await startManager({}, ollama)
    const dataDir = folder.inside('ollama')
    const before = Date.now()
    const started = await manager.startInstance('default', { host: '127.0.0.1', port: 0, dataDir })
    expect(started).toMatchObject({ id: 'default', kind: 'managed', managed: true })
    const program = await manager.findProgram()
    expect(started).toMatchObject({ state: 'running', version: program?.version })
    expect(started.startedMs).toBeGreaterThanOrEqual(before)
    const { port } = new URL(started.url)
    expect(holderOfPort('127.0.0.1', Number(port))?.pid).toBe(started.pid)
    expect(await (await fetch(started.url)).text()).toBe('Ollama is running')
    expect(await codeOf(manager.startInstance('default', { dataDir }))).toBe('OD_ENGINE_NAME_TAKEN')
    expect(statesOf('default')).toEqual(['starting', 'running'])
    expect((await stat(`${dataDir}/models`)).isDirectory()).toBe(true)
  })

  test('S-026, S-029: two have ports, folders and variables of their own beside what is inherited, and stopping one leaves the other', async () => {
    const environment = { OLLAMA_KEEP_ALIVE: '5m' }
    const { manager, folder, engine } = await startManager(
      { defaults: { maxConcurrent: 4, contextLength: 8192, environment } },
      ollama,
    )
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) =>
        manager.startInstance(name, {
          dataDir: folder.inside(name),
          environment: { [`ONLY_${name}`]: 'yes' },
          ...(name === 'two' ? { debug: true } : {}),
        }),
      ),
    )
    for (const name of ['one', 'two']) {
      const { pid = 0, url } = engine(name)
      const seen = await environmentOf(pid)
      expect(seen).toMatchObject({
        OLLAMA_HOST: new URL(url).host,
        OLLAMA_MODELS: folder.inside(name, 'models'),
        OLLAMA_KEEP_ALIVE: '5m',
        OLLAMA_NUM_PARALLEL: '4',
        OLLAMA_CONTEXT_LENGTH: '8192',
        HOME: process.env['HOME'],
        PATH: process.env['PATH'],
      })
      expect(Object.keys(seen).filter((key) => key.startsWith('ONLY_'))).toEqual([`ONLY_${name}`])
      expect(seen['OLLAMA_DEBUG']).toBe(name === 'two' ? '1' : undefined)
      expect(await folderOf(pid)).toBe(folder.inside(name))
    }
    await manager.stopInstance('one')
    expect(living([one?.pid ?? 0, two?.pid ?? 0])).toEqual([two?.pid])
    expect((await fetch(two?.url ?? '')).ok).toBe(true)
    expect(engine('two')).toMatchObject({ state: 'running', pid: two?.pid })
  })

  test('S-024: is asked politely, ends with its runner, and frees its port; started again it is another process at its place', async () => {
    const bench = await startManager({}, ollama)
    const { manager, engine, runnerOf, untilState, folder } = bench
    const { pid = 0, url } = await bench.startStocked('default')
    const runner = await runnerOf('default')
    expect(living([pid, runner])).toEqual([pid, runner])
    expect((await manager.stopInstance('default')).state).toBe('stopped')
    expect(living([pid, runner])).toEqual([])
    await expect(fetch(url)).rejects.toThrow()
    expect(await recordedPids(folder.inside('data'))).toEqual([])
    manager.startAgain('default')
    const again = await untilState('default', 'running')
    expect(again.url).toBe(url)
    expect(again.pid).not.toBe(pid)
    await manager.removeInstance('default')
    expect(() => engine('default')).toThrow('no engine default')
    expect(living([again.pid ?? 0])).toEqual([])
  })

  test('S-024 (part: drain): lets running answers finish before it ends', async () => {
    const { manager, engine, startStocked } = await startManager({}, ollama)
    const { url } = await startStocked('default')
    const finish = manager.monitor.roster.begin('default')
    const body = JSON.stringify({ model: 'tiny', prompt: 'Hello!' })
    const answer = await fetch(`${url}/api/generate`, { method: 'POST', body })
    const stopped = manager.stopInstance('default')
    expect(engine('default')).toMatchObject({ state: 'stopped', activeRequests: 1 })
    expect(await answer.text()).toContain('"done":true')
    finish('answered')
    await within('the stop', stopped)
  })

  test('that heeds no signal is killed with its runner when the time is over', async () => {
    const { manager, runnerOf, startStocked } = await startManager({}, ollama)
    const { pid = 0 } = await startStocked('default')
    const runner = await runnerOf('default')
    process.kill(pid, 'SIGSTOP') // what asks it to end is not heard
    await manager.stopInstance('default')
    await until('the system has cleared both away', () => living([pid, runner]).length === 0)
  })

  test('S-115 (part: instance): whose port somebody has is refused with who it is, and that program is untouched', async () => {
    const foreign = await ollama.serve()
    const { manager } = await startManager({}, ollama)
    const started = manager.startInstance('default', { port: foreign.port })
    await expect(started).rejects.toThrow(
      new RegExp(
        `127.0.0.1:${foreign.port}: port ${foreign.port} is in use by .*pid ${foreign.pid}`,
      ),
    )
    expect(manager.instances()).toEqual([])
    expect(await (await fetch(foreign.url)).text()).toBe('Ollama is running')
    await foreign.stop()
  })

  test('that ends at once gives its exit code, and is not kept', async () => {
    const { manager } = await startManager({}, ollama)
    const { environment, reason } = ollama.failing
    const started = manager.startInstance('default', { environment })
    await expect(started).rejects.toThrow(`the engine default does not come up: ${reason}`)
    expect(manager.instances()).toEqual([])
  })

  test('that is elsewhere is watched, and is neither started nor stopped', async () => {
    const served = await ollama.serve()
    const { manager, untilState } = await startManager({}, ollama)
    manager.addRemote('nas', `127.0.0.1:${served.port}`)
    const remote = await untilState('nas', 'running')
    expect(remote).toMatchObject({ kind: 'remote', managed: false, url: served.url })
    await manager.removeInstance('nas')
    expect(manager.instances()).toEqual([])
    expect(living([served.pid])).toEqual([served.pid])
    await served.stop()
  })
})

test('S-024 (part: signal): an instance is asked politely before it is killed', async () => {
  const { manager, linesOf } = await startManager()
  await manager.startInstance('default')
  await manager.stopInstance('default')
  expect(await linesOf('default')).toContain('asked to end')
})

describe('what cannot be started', () => {
  test('S-110 (part: start): no program gives how it is installed', async () => {
    const { manager, folder } = await startManager({ binary: '/nowhere/ollama' })
    const error: unknown = await manager.startInstance('default').catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'OD_OLLAMA_MISSING',
      message: 'there is no program /nowhere/ollama',
      remedy: expect.stringContaining('https://ollama.com'),
    })
    await folder.remove()
  })

  test('a folder that is none is refused with that reason, and nothing is kept', async () => {
    const { manager, folder } = await startManager()
    const dataDir = folder.inside('bin', 'ollama', 'o') // below a file
    const started = manager.startInstance('default', { dataDir })
    await expect(started).rejects.toThrow(
      /^the folder .* of the engine default cannot be used: .*is not a folder$/,
    )
    expect(manager.instances()).toEqual([])
  })

  test.skipIf(process.getuid?.() === 0)(
    'S-111 (part: instance): a folder without the right to write is named with its owner',
    async () => {
      const { manager, folder } = await startManager()
      await mkdir(folder.inside('locked'), { mode: 0o500 })
      const started = manager.startInstance('default', { dataDir: folder.inside('locked', 'o') })
      await expect(started).rejects.toThrow(/no right to write in .*locked, which belongs to user/)
      await chmod(folder.inside('locked'), 0o700)
    },
  )

  test('names, settings and addresses are checked, and a second manager is refused the folder', async () => {
    const { manager, folder } = await startManager()
    for (const name of ['', '../x', 'a b', '.hidden', 'x'.repeat(65)]) {
      expect(await codeOf(manager.addInstance(name))).toBe('OD_ENGINE_NAME')
    }
    const environment = { OLLAMA_HOST: '0.0.0.0:1' }
    expect(await codeOf(manager.addInstance('a', { environment }))).toBe('OD_ENGINE_SETTING')
    expect(await codeOf(() => manager.addRemote('a', 'ftp://nas'))).toBe('OD_ENGINE_URL')
    expect(await codeOf(() => manager.startAgain('a'))).toBe('OD_ENGINE_UNKNOWN')
    manager.addRemote('nas', 'http://127.0.0.1:9')
    expect(await codeOf(() => manager.addRemote('again', '127.0.0.1:9'))).toBe('OD_ENGINE_URL')
    expect(await codeOf(manager.stopInstance('nas'))).toBe('OD_ENGINE_NOT_OURS')
    const second = new OllamaProcessManager({ dataDir: folder.inside('data') })
    expect(await codeOf(second.start())).toBe('OD_NODE_RUNNING')
    await second.stop()
    for (let i = manager.instances().length; i < 64; i++)
      manager.addRemote(`r${i}`, `10.9.9.9:${i}`)
    expect(await codeOf(() => manager.addRemote('one-more', 'nas'))).toBe('OD_ENGINE_TOO_MANY')
  })
})

test('an instance that is added while the manager stops is not started', async () => {
  const { manager, folder } = await startManager()
  const environment = { FAKE_OLLAMA: 'stubborn' }
  const added = manager.addInstance('late', { environment })
  await manager.stop()
  await expect(added).rejects.toThrow('its process manager does not run')
  expect(await recordedPids(folder.inside('data'))).toEqual([])
  expect(manager.children).toEqual([])
})
