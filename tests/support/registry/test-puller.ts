/** The puller over a store of its own, in this process. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseModelName } from '../../../src/core/model-name.ts'
import { openModelStore, Puller, Scrubber } from '../../../src/models/index.ts'
import { registryOptions } from '../../../src/node/registry-options.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import type { SeedModel } from './model.ts'

interface PullOptions {
  readonly insecure?: boolean
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly signal?: AbortSignal
  readonly onLine?: (line: { status: string; completed?: number }) => void
}

/** Ends with the test. `listed`: registries that may be inside where whoever asks is not trusted. */
export async function startTestPuller({
  disk = systemDisk,
  trustsAsker = true,
  listed = [] as readonly string[],
  folder = undefined as string | undefined,
} = {}) {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const modelDir = join(folder ?? directory.path, 'models')
  const store = await openModelStore({ modelDir, disk, clock: systemClock, log: silentLog })
  const keyFile = directory.inside('registry.key')
  const puller = new Puller({
    modelDir,
    store,
    disk,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    registry: registryOptions({ keyFile, trustsAsker, listed }, '0.24.0'),
  })
  const scrubber = new Scrubber({
    modelDir,
    store,
    puller,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  const blobFile = (digest: string) => join(modelDir, 'blobs', digest.replace(':', '-'))
  const namesOf = (path: string) => readdir(join(modelDir, path)).catch(() => [])
  return {
    modelDir,
    store,
    blobFile,
    /** Resolves with the statuses in their order, each once. */
    async pull(model: string, options: PullOptions = {}): Promise<readonly string[]> {
      const name = parseModelName(model)
      if (name === undefined) throw new Error(`${model} is no name`)
      const { insecure = true, credentials, onLine } = options
      const statuses = new Set<string>()
      const signal = options.signal ?? new AbortController().signal
      const show = (line: { status: string; completed?: number }) => {
        statuses.add(line.status)
        onLine?.(line)
      }
      await puller.pull({ name, insecure, credentials }, show, signal)
      return [...statuses]
    },
    /** Looks at every file, as fast as it goes; what was found. */
    async verify(bytesPerSecond = 0) {
      const findings: Parameters<Parameters<typeof scrubber.verify>[0]['onFinding']>[0][] = []
      const aside: string[] = []
      const request = {
        model: undefined,
        bytesPerSecond,
        onProgress: () => undefined,
        onFinding: (finding: (typeof findings)[number]) => findings.push(finding),
        onSetAside: (path: string) => aside.push(path),
      }
      const progress = await scrubber.verify(request, new AbortController().signal)
      return { progress, findings, aside }
    },
    /** Files that stand for blobs, and hosts that have manifests. */
    async published(): Promise<readonly string[]> {
      const blobs = (await namesOf('blobs')).filter((name) => name.startsWith('sha256-'))
      return [...blobs, ...(await namesOf('manifests'))]
    },
    /** True when the model is here byte for byte. */
    async hasAll(host: string, { manifest, blobs }: SeedModel): Promise<boolean> {
      const file = join(modelDir, 'manifests', host, 'ns/m/latest')
      if (!(await readFile(file)).equals(manifest)) return false
      for (const [digest, bytes] of blobs) {
        if (!(await readFile(blobFile(digest))).equals(bytes)) return false
      }
      return true
    },
  }
}
