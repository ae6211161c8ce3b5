import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type EvictionOrder, startEmbeddedEngine } from '../../../src/engine/embedded/index.ts'
import { installBundledModel } from '../../../src/models/index.ts'
import { openModelLibrary } from '../../../src/node/model-library.ts'
import { registryOptions } from '../../../src/node/registry-options.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { type Log, silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts'

/** What tests show to use the engine's hooks. */
export const hookKey = 'the-key-of-the-tests'

/** The embedded engine with the bundled model, in this process; its runners are processes of their own. */
export async function startTestEngine(
  disk: typeof systemDisk = systemDisk,
  log: Log = silentLog,
  memory: { residentsMax: number; eviction: EvictionOrder } = {
    residentsMax: 3,
    eviction: 'ollama',
  },
  mirrors: Readonly<Record<string, string>> = {},
) {
  const directory = await makeTemporaryDirectory()
  const modelDir = resolve(directory.path, 'models')
  const install = (name: string) =>
    installBundledModel({
      assets: 'assets/pocket',
      name,
      modelDir,
      markFile: resolve(directory.path, `mark-${name}`),
    })
  await install('pocket')
  const keyFile = resolve(directory.path, 'registry.key')
  const accountsFile = resolve(directory.path, 'registry-accounts.json')
  const registry = { keyFile, accountsFile, trustsAsker: true, listed: [], mirrors }
  const library = await openModelLibrary({
    modelDir,
    disk,
    registry: registryOptions(registry, '0.24.0', {}),
    clock: systemClock,
    random: systemRandom,
    log,
  })
  const engine = await startEmbeddedEngine({
    host: '127.0.0.1',
    port: 0,
    origins: [],
    ...library,
    defaults: { contextTokens: 4096, parallel: 4, cores: 1, gpuLayers: -1 },
    keepAliveMs: 300_000,
    ...memory,
    hookKey,
    sequenceDir: resolve(directory.path, 'sequences'),
    clock: systemClock,
    log,
  })
  const post = (path: string, body: object | string) =>
    fetch(engine.url + path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  return {
    url: engine.url,
    modelDir,
    sequenceDir: resolve(directory.path, 'sequences'),
    install,
    post,
    /** The lines of a streamed answer. */
    async lines(path: string, body: object): Promise<Record<string, unknown>[]> {
      const text = await (await post(path, body)).text()
      const lines = text.split('\n')
      if (lines.pop() !== '') throw new Error('the last line has no end')
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    },
    async json(path: string, body?: object): Promise<Record<string, unknown>> {
      const response = body === undefined ? await fetch(engine.url + path) : await post(path, body)
      return (await response.json()) as Record<string, unknown>
    },
    /** Makes `pocket:think`: the bundled model with the template by which it thinks. */
    async makeThinker(): Promise<void> {
      const modelfile = await readFile('assets/pocket/Modelfile.think', 'utf8')
      const [, template] = /TEMPLATE """([^]*)"""/.exec(modelfile) ?? []
      const think = { model: 'pocket:think', from: 'pocket', template, stream: false }
      await (await post('/api/create', think)).text()
    },
    async stop() {
      await engine.stop()
      await directory.remove()
    },
  }
}

export type TestEngine = Awaited<ReturnType<typeof startTestEngine>>
