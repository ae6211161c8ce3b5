/** All that is done with the models of one folder, put together. */
import type { ModelName } from '../core/model-name.ts'
import { quantizeTensors } from '../engine/quantizer/index.ts'
import {
  Catalogue,
  type Disk,
  openModelStore,
  PublishedModels,
  Puller,
  Pusher,
  packModel,
  type RegistryOptions,
  Scrubber,
  unpackModels,
} from '../models/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import type { Random } from '../sys/random.ts'

export interface ModelLibraryOptions {
  readonly modelDir: string
  readonly disk: Disk
  readonly registry: RegistryOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What the embedded engine asks of its models, as its ports name it. */
export async function openModelLibrary({ disk, registry, ...common }: ModelLibraryOptions) {
  const { modelDir, clock, log } = common
  const store = await openModelStore({ modelDir, disk, quantizer: quantizeTensors, clock, log })
  const transfers = { ...common, store, disk, registry }
  const puller = new Puller(transfers)
  return {
    catalogue: new Catalogue(modelDir, log),
    store,
    puller,
    pusher: new Pusher({ ...transfers, library: new PublishedModels(modelDir) }),
    verifier: new Scrubber({ ...common, store, puller }),
    archiver: {
      import: (chunks: AsyncIterable<Uint8Array>, rename: ModelName | undefined) =>
        unpackModels(store, chunks, rename),
      export: (name: ModelName) => packModel(modelDir, store, name),
    },
  }
}
