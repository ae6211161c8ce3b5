/** Puller and pusher over a store of their own, in this process. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseModelName } from '../../../src/core/model-name.ts'
import { quantizeTensors } from '../../../src/engine/quantizer/index.ts'
import {
  openModelStore,
  PublishedModels,
  Puller,
  Pusher,
  Scrubber,
} from '../../../src/models/index.ts'
import { registryOptions } from '../../../src/node/registry-options.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { silentLog } from '../../../src/sys/log.ts'
import { systemRandom } from '../../../src/sys/random.ts'
import { type Resolver, systemResolver } from '../../../src/sys/resolve.ts'
import { systemDisk } from '../../../src/sys/store-files.ts'
import { makeTemporaryDirectory } from '../temporary-directory.ts'
import type { SeedModel } from './model.ts'

interface TransferOptions {
  readonly insecure?: boolean
  readonly credentials?: { readonly username: string; readonly password: string }
  readonly signal?: AbortSignal
  readonly onLine?: (line: { status: string; completed?: number }) => void
}

interface TestPullerOptions {
  readonly disk?: typeof systemDisk
  readonly trustsAsker?: boolean
  /** Registries that may be inside where whoever asks is not trusted. */
  readonly listed?: readonly string[]
  /** Where the store lies; a folder of its own where absent. */
  readonly folder?: string
  readonly mirrors?: Readonly<Record<string, string>>
  /** Variables that name proxies. */
  readonly env?: Readonly<Record<string, string>>
  readonly resolve?: Resolver
}

/** Ends with the test. */
export async function startTestPuller({
  disk = systemDisk,
  trustsAsker = true,
  listed = [],
  folder,
  mirrors = {},
  env = {},
  resolve = systemResolver,
}: TestPullerOptions = {}) {
  const directory = await makeTemporaryDirectory()
  onTestFinished(() => directory.remove())
  const modelDir = join(folder ?? directory.path, 'models')
  const store = await openModelStore({
    modelDir,
    disk,
    quantizer: quantizeTensors,
    clock: systemClock,
    log: silentLog,
  })
  const keyFile = directory.inside('registry.key')
  const accountsFile = directory.inside('registry-accounts.json')
  const context = {
    modelDir,
    store,
    disk,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    registry: {
      ...registryOptions({ keyFile, accountsFile, trustsAsker, listed, mirrors }, '0.24.0', env),
      resolve,
    },
  }
  const puller = new Puller(context)
  const pusher = new Pusher({ ...context, library: new PublishedModels(modelDir) })
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
  async function transfer(
    what: 'pull' | 'push',
    model: string,
    options: TransferOptions,
  ): Promise<readonly string[]> {
    const name = parseModelName(model)
    if (name === undefined) throw new Error(`${model} is no name`)
    const { insecure = true, credentials, onLine } = options
    const statuses = new Set<string>()
    const signal = options.signal ?? new AbortController().signal
    const show = (line: { status: string; completed?: number }) => {
      statuses.add(line.status)
      onLine?.(line)
    }
    const access = { name, insecure, credentials }
    if (what === 'pull') await puller.pull(access, show, signal)
    else await pusher.push(access, show, signal)
    return [...statuses]
  }
  return {
    modelDir,
    store,
    accountsFile,
    blobFile,
    /** Resolves with the statuses in their order, each once. */
    pull: (model: string, options: TransferOptions = {}) => transfer('pull', model, options),
    /** Likewise. */
    push: (model: string, options: TransferOptions = {}) => transfer('push', model, options),
    /** Lays a model into the store as `host` would name it. */
    async put(host: string, { manifest, blobs }: SeedModel, path = 'ns/m'): Promise<void> {
      const file = join(modelDir, 'manifests', host, path, 'latest')
      await mkdir(join(modelDir, 'blobs'), { recursive: true })
      await mkdir(dirname(file), { recursive: true })
      for (const [digest, bytes] of blobs) await writeFile(blobFile(digest), bytes)
      await writeFile(file, manifest)
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
    /** The digest of a model's manifest here, in hex. */
    async digestOf(host: string, path: string): Promise<string> {
      const bytes = await readFile(join(modelDir, 'manifests', host, path, 'latest'))
      return createHash('sha256').update(bytes).digest('hex')
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
