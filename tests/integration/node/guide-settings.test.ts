/** What the guide's settings do to a running node and to the processes that it starts. */
import { mkdir, mkdtemp, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { strategies } from '../../../src/core/strategy.ts'
import { chooseFreePort } from '../../../src/sys/network.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { productLine, runProduct, runToEnd } from '../../support/node-process.ts'
import { fakeOllama } from '../../support/ollama-program/kinds.ts'
import { environmentOf, folderOf, listeningAddresses } from '../../support/process-tree.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'
import { launcherBoundByRights } from '../cli/command-line.ts'
import { type RunningNode, startRunningNode } from './running-node.ts'

let directory: TemporaryDirectory
beforeEach(async () => {
  directory = await makeTemporaryDirectory()
})
afterEach(() => directory.remove())

type Line = readonly [program: string, ...args: string[]]

/** Starts a node whose file says `yaml`; the flags of the harness that would stand above it are left out. */
async function nodeWith(
  yaml: string,
  env: Record<string, string> = {},
  program: Line = productLine([]),
): Promise<RunningNode> {
  const command: Line = [...program, ...(await startWith(yaml))]
  return await startRunningNode({ dataDir: directory.inside('data'), command, env })
}

async function startWith(yaml: string): Promise<string[]> {
  const file = directory.inside('ollama-distributed.yaml')
  await writeFile(file, yaml)
  const ports = ['--port', '0', '--link-port', '0']
  return ['start', '--data-dir', directory.inside('data'), '--config', file, ...ports]
}

/** The managed Ollama and the embedded engine, both running. */
async function bothOf(node: RunningNode) {
  return await until('both engines to run', async () => {
    const running = (await node.instances()).filter(({ state }) => state === 'running')
    const managed = running.find(({ kind }) => kind === 'managed')
    const embedded = running.find(({ kind }) => kind === 'embedded')
    return managed && embedded && { managed, embedded }
  })
}

test('S-025: an engine is probed at the configured interval, is unhealthy after three failures in a row, and the list of instances shows it', async () => {
  const ollama = await startFakeOllama()
  const yaml = (every: string) =>
    `ollama: { port: ${ollama.port} }\nintegration: { process_manager: { health_check_interval: ${every} } }\n`
  const node = await nodeWith(yaml('2s'))
  const engine = async () => (await node.instances()).find(({ id }) => id === 'local')
  const asked = async () =>
    (await ollama.requests()).filter(({ target }) => target === '/api/version')
  await until('it to run', async () => (await engine())?.state === 'running')
  const from = (await asked()).length
  const times = await until('three probes', async () => {
    const seen = (await asked()).slice(from - 1).map(({ atMs }) => atMs)
    return seen.length >= 4 && seen
  })
  const gaps = times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0))
  for (const gapMs of gaps) {
    expect(gapMs).toBeGreaterThan(1_900)
    expect(gapMs).toBeLessThan(3_500)
  }
  expect((await engine())?.lastProbe?.ok).toBe(true)
  const before = (await asked()).length
  await ollama.set({ hang: 'all' })
  await until('it to be unhealthy', async () => (await engine())?.state === 'unhealthy')
  expect((await asked()).length - before).toBeGreaterThanOrEqual(3)
  const seen = await engine()
  expect(seen?.lastProbe?.ok).toBe(false)
  expect(Date.now() - Date.parse(seen?.lastProbe?.at ?? '')).toBeLessThan(10_000)
  expect(seen?.reason).toMatch(/answer/)
  await ollama.set({})
  await until('it to run again', async () => (await engine())?.state === 'running')
  expect((await engine())?.lastProbe?.ok).toBe(true)
  await node.stop()
  await ollama.stop()
})

test('S-095: ollama.host is where a server started by the node listens, and nowhere else', async () => {
  const { env } = await fakeOllama.install(directory.path)
  const port = await chooseFreePort('127.0.0.2')
  const node = await nodeWith(`ollama: { host: 127.0.0.2, port: ${port} }\n`, env)
  const { managed, embedded } = await bothOf(node)
  expect(managed.url).toBe(`http://127.0.0.2:${port}`)
  expect(await listeningAddresses(managed.pid ?? 0)).toEqual([`127.0.0.2:${port}`])
  const { host } = new URL(embedded.url)
  expect(await listeningAddresses(embedded.pid ?? 0)).toEqual([host])
  expect(host).toMatch(/^127\.0\.0\.2:/)
  await expect(fetch(`http://127.0.0.1:${port}/api/version`)).rejects.toThrow()
  await node.stop()
})

test('S-097: data_dir is made where it is missing, one without the right to write is explained, and the default is the user’s own', async () => {
  const { env } = await fakeOllama.install(directory.path)
  const port = await chooseFreePort('127.0.0.1')
  const place = directory.inside('deep', 'down')
  const node = await nodeWith(`ollama: { port: ${port}, data_dir: ${place} }\n`, env)
  const { managed } = await bothOf(node)
  expect((await stat(place)).isDirectory()).toBe(true)
  expect(await folderOf(managed.pid ?? 0)).toBe(place)
  await node.stop()

  const locked = directory.inside('locked')
  await mkdir(locked, { mode: 0o500 })
  const yaml = `ollama: { port: ${port}, data_dir: ${locked}/ollama }\n`
  const bound = launcherBoundByRights() as Line
  const [command, ...args] = [...bound, ...(await startWith(yaml))] as const
  const refused = await runToEnd({ command, args, env })
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(`the folder for models ${locked}/ollama/models cannot be used`)
  expect(refused.stderr).toMatch(/locked, which belongs to user \d+ and has mode 500/)
  expect(refused.stderr).toContain('chown')

  const own = directory.inside('.local', 'share', 'ollama-distributed')
  const flags = ['--port', '0', '--link-port', '0', '--ollama-port', String(port)]
  const byDefault = await startRunningNode({
    dataDir: own,
    command: productLine(['start', ...flags]),
    env: { ...env, HOME: directory.path, XDG_DATA_HOME: '', OLLAMA_DISTRIBUTED_HOME: '' },
  })
  expect(await folderOf((await bothOf(byDefault)).managed.pid ?? 0)).toBe(`${own}/ollama`)
  await byDefault.stop()
})

interface Measured {
  readonly hardware: { readonly disks: readonly { path: string; totalBytes: number }[] }
}

test('S-098: model_dir is the folder in which both engines look for models, and whose disk is measured', async () => {
  const { env } = await fakeOllama.install(directory.path)
  const port = await chooseFreePort('127.0.0.1')
  const place = await mkdtemp('/dev/shm/od-models-') // another disk than that of the data folder
  onTestFinished(() => rm(place, { recursive: true }))
  const node = await nodeWith(`ollama: { port: ${port}, model_dir: ${place} }\n`, env)
  const { managed, embedded } = await bothOf(node)
  expect((await environmentOf(managed.pid ?? 0))['OLLAMA_MODELS']).toBe(place)
  expect((await readdir(place)).toSorted()).toEqual(expect.arrayContaining(['blobs', 'manifests']))
  expect(await (await fetch(`${embedded.url}/api/tags`)).text()).toContain('pocket')
  await rm(`${place}/manifests`, { recursive: true })
  expect(await (await fetch(`${embedded.url}/api/tags`)).text()).not.toContain('pocket')

  const { blocks, bsize } = await statfs(place)
  const other = await statfs(directory.path)
  expect(blocks * bsize).not.toBe(other.blocks * other.bsize)
  const api = (await (await fetch(`${node.gateway}/api/v1/node`)).json()) as Measured
  const flags = ['--config', directory.inside('ollama-distributed.yaml'), '--json']
  const doctor = JSON.parse((await runProduct(['doctor', ...flags])).stdout) as Measured
  for (const { hardware } of [api, doctor]) {
    const found = hardware.disks.find(({ path }) => path === place)
    expect(found?.totalBytes).toBe(blocks * bsize)
  }
  await node.stop()
})

test('S-102: both engines see the environment map over what they inherit, and an OLLAMA_HOST against host and port is refused', async () => {
  const installed = await fakeOllama.install(directory.path)
  const port = await chooseFreePort('127.0.0.1')
  const address = `127.0.0.1:${port}`
  const yaml = (host: string) => `ollama:
  port: ${port}
  environment:
    OLLAMA_HOST: "${host}"
    OLLAMA_KEEP_ALIVE: "5m"
    OD_TEST_MAP: "of the map"
`
  const env = { ...installed.env, OD_TEST_MAP: 'inherited', OD_TEST_OTHER: 'inherited' }
  const node = await nodeWith(yaml(address), env)
  const { managed, embedded } = await bothOf(node)
  for (const { pid = 0 } of [managed, embedded]) {
    expect(await environmentOf(pid)).toMatchObject({
      OLLAMA_HOST: address,
      OLLAMA_KEEP_ALIVE: '5m',
      OD_TEST_MAP: 'of the map',
      OD_TEST_OTHER: 'inherited',
      HOME: env.HOME,
      PATH: env.PATH,
    })
  }
  await node.stop()

  const wrong = await runProduct(await startWith(yaml('127.0.0.1:1')), { env })
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain(
    `ollama.environment.OLLAMA_HOST is "127.0.0.1:1", but ollama.host is 127.0.0.1 (default) and ollama.port is ${port}`,
  )
})

/**
 * While one answer of `tiny` is held at an engine, six more are asked for: by turns three go to each, by load all to the
 * other, by model all to the one that has it in memory.
 */
test('S-107: the strategy that load_balancing names decides where requests go, and another name is refused with the right ones', {
  timeout: 120_000,
}, async () => {
  const fakes = {
    a: await startFakeOllama({ parallel: 16 }),
    b: await startFakeOllama({ parallel: 16 }),
  }
  onTestFinished(async () => {
    await Promise.all([fakes.a.stop(), fakes.b.stop()])
  })
  const yaml = (strategy: string) => `ollama: { port: 0, max_concurrent: 16 }
integration:
  process_manager: { auto_start: false }
  api_gateway: { load_balancing: ${strategy} }
engines: { remote: { a: "${fakes.a.url}", b: "${fakes.b.url}" } }
`
  const unload = JSON.stringify({ model: 'tiny', keep_alive: 0 })
  const sharesOf = async (strategy: string) => {
    for (const { url } of Object.values(fakes)) {
      await (await fetch(`${url}/api/generate`, { method: 'POST', body: unload })).text()
    }
    const node = await nodeWith(yaml(strategy))
    await until('both to run', async () =>
      (await node.instances()).every(({ state }) => state === 'running'),
    )
    const ask = () => node.post('/api/generate', { model: 'tiny', prompt: 'Hello!' })
    await Promise.all([fakes.a, fakes.b].map((fake) => fake.set({ holdAfterTokens: 1 })))
    const held = [await ask()]
    const busy = held[0]?.headers.get('x-od-engine') as 'a' | 'b'
    await fakes[busy === 'a' ? 'b' : 'a'].set({})
    await until('it to be seen in memory', async () =>
      (await node.instances()).some(({ loadedModels }) => loadedModels.length > 0),
    )
    let atBusy = 0
    for (let asked = 0; asked < 6; asked++) {
      const answer = await ask()
      expect(answer.status).toBe(200)
      if (answer.headers.get('x-od-engine') !== busy) await answer.text()
      else atBusy = held.push(answer) - 1
    }
    await fakes[busy].set({})
    for (const answer of held) expect(await answer.text()).toContain('"done":true')
    const shown = await (await fetch(`${node.gateway}/api/v1/routing/strategy`)).json()
    await node.stop()
    return [(shown as { strategy: string }).strategy, atBusy]
  }
  expect([...strategies]).toEqual(['round_robin', 'least_loaded', 'model_affinity'])
  expect(await sharesOf('round_robin')).toEqual(['round_robin', 3])
  expect(await sharesOf('least_loaded')).toEqual(['least_loaded', 0])
  expect(await sharesOf('model_affinity')).toEqual(['model_affinity', 6])

  const wrong = await runProduct(await startWith(yaml('random')))
  expect(wrong.code).not.toBe(0)
  expect(wrong.stderr).toContain('expected one of round_robin, least_loaded, model_affinity')
})

test('S-050: with gateway.accept_cloud the Ollama that the node starts keeps its cloud, and is asked for the account', async () => {
  const installed = await fakeOllama.install(directory.path)
  const port = await chooseFreePort('127.0.0.1')
  const yaml = `gateway:\n  accept_cloud: true\nollama:\n  port: ${port}\n`
  const node = await nodeWith(yaml, installed.env)
  const { managed } = await bothOf(node)
  expect(await environmentOf(managed.pid ?? 0)).not.toHaveProperty('OLLAMA_NO_CLOUD')
  const answer = await node.post('/api/me', {})
  expect(answer.headers.get('x-od-engine')).toBe('default')
  await node.stop()
})
