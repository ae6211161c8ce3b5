import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { OllamaAPIGateway, OllamaProcessManager } from '../../../src/library/index.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { MarkedProcess } from '../../support/marked-process.ts'
import { n24, projectDir } from '../../support/n24.ts'
import { overOllamas } from '../../support/ollama-program/kinds.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until, within } from '../../support/until.ts'

let home: TemporaryDirectory
beforeAll(async () => {
  home = await makeTemporaryDirectory()
})
afterAll(() => home.remove())

const example = (name: string) => join(projectDir, 'examples', name)

/** Runs a script to its end and asserts that no process of its tree lives on. */
async function runScript(path: string, env: Record<string, string>, args: string[] = []) {
  const script = new MarkedProcess({ command: n24, args: [path, ...args], cwd: projectDir, env })
  try {
    const exit = await within(`the end of ${path}`, script.exited, 50_000)
    await script.assertNothingLeft()
    return { ...exit, stdout: script.stdout(), stderr: script.stderr() }
  } finally {
    await script.destroy()
  }
}

describe('the package as a library', () => {
  test('S-015: a script of ten lines gets a completion and ends with 0, no process left', async () => {
    const lines = (await readFile(example('completion.mjs'), 'utf8')).trim().split('\n')
    expect(lines.length).toBeLessThanOrEqual(10)
    const env = { OLLAMA_DISTRIBUTED_HOME: home.inside('simple') }
    await mkdir(home.inside('simple'))
    await writeFile(home.inside('simple', 'ollama-distributed.yaml'), 'ollama: { port: 0 }')
    expect(await runScript(example('completion.mjs'), env)).toEqual({
      code: 0,
      signal: null,
      stdout: 'A horse says neigh.\n',
      stderr: '',
    })
  })
})

describe('S-011 (part: module): a gateway of its own', () => {
  test('gives several Ollamas one address, and ends with nothing left', async () => {
    const fakes = await Promise.all([startFakeOllama(), startFakeOllama()])
    const args = [example('gateway.mjs'), ...fakes.map(({ url }) => url)]
    const script = new MarkedProcess({ command: n24, args, cwd: projectDir })
    onTestFinished(async () => {
      await script.destroy()
      for (const fake of fakes) await fake.stop()
    })
    const [url = ''] = await script.saw(/^http:\/\/127\.0\.0\.1:\d+$/m)
    const ask = () =>
      fetch(`${url}/api/generate`, {
        method: 'POST',
        body: '{"model":"tiny","prompt":"p","stream":false}',
      })
    const answeredBy = new Set<string | null>()
    await until('both to have answered', async () => {
      const answer = await ask()
      expect(answer.status).toBe(200)
      answeredBy.add(answer.headers.get('x-od-engine'))
      return answeredBy.size === 2
    })
    expect(await (await fetch(url)).text()).toBe('Ollama is running')
    process.kill(script.pid, 'SIGTERM')
    expect(await within('its end', script.exited)).toEqual({ code: 0, signal: null })
    await script.assertNothingLeft()
  })

  test('uses the engines of a process manager, and another strategy when told', async () => {
    const fake = await startFakeOllama()
    const manager = new OllamaProcessManager({ dataDir: home.inside('managed') })
    await manager.start()
    manager.monitor.watch('nas', fake.url)
    const gateway = new OllamaAPIGateway({ port: 0, manager })
    await gateway.start()
    onTestFinished(async () => {
      await gateway.stop(0)
      await manager.stop()
      await fake.stop()
    })
    expect(gateway.strategy).toBe('model_affinity')
    gateway.useStrategy('least_loaded')
    expect(gateway.strategy).toBe('least_loaded')
    expect(() => gateway.useStrategy('random')).toThrow(/round_robin, least_loaded, model_affinity/)
    await until('the engine', async () => (await fetch(`${gateway.url}/api/tags`)).status === 200)
    const refused = new OllamaAPIGateway({ port: Number(new URL(gateway.url).port) })
    await expect(refused.start()).rejects.toMatchObject({ code: 'OD_PORT_TAKEN' })
    await refused.stop()
    expect(() => new OllamaAPIGateway({ loadBalancing: 'random' as never })).toThrow(/random/)
  })
})

overOllamas('the package as a library', (ollama) => {
  test('S-010, S-028 (part: package): the three steps of the guide, twice, and nothing is left', async () => {
    const folder = home.inside(ollama.name.replaceAll(' ', '-'))
    const { env } = await ollama.install(folder)
    const script = example('two-instances.mjs')
    const done = await runScript(script, { ...env, TMPDIR: folder }, ['0'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/^default http:\/\/127\.0\.0\.1:\d+ \d+\.\d+\.\d+\S*$/m)
    expect(done.stdout).toMatch(/^second http:\/\/127\.0\.0\.1:\d+ \d+\.\d+\.\d+\S*$/m)
  })
})
