/** The model store: what lies in a model directory, and how a model gets into it and out of it. */
export { packModel, unpackModels } from './archive/index.ts'
export { installBundledModel } from './bundled.ts'
export { Catalogue, type CatalogueModel } from './catalogue.ts'
export { PublishedModels } from './published.ts'
export { Puller } from './pull/index.ts'
export { Pusher } from './push/index.ts'
export type { Quantizer } from './quantization/index.ts'
export {
  accountsInFile,
  type Mirror,
  proxyVariables,
  type RegistryOptions,
  signerWithKeyFile,
} from './registry/index.ts'
export type { Disk, StoreBounds } from './room.ts'
export { Scrubber } from './scrub/index.ts'
export { openModelStore } from './store.ts'
