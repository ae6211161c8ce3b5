/** How a model is made, in two turns of the store: what takes long lies between them. */
import type { Digest } from '../core/digest.ts'
import { encodeManifest } from '../wire/manifest.ts'
import type { Place } from './blob.ts'
import { draftBase, draftManifest, type ModelDraft } from './draft.ts'
import {
  planQuantization,
  type QuantizationRun,
  type Quantizer,
  quantizeBase,
} from './quantization/index.ts'
import type { Disk } from './room.ts'

/** What a creation needs of its store. */
export interface Workshop {
  readonly modelDir: string
  readonly disk: Disk
  readonly quantizer: Quantizer
  /** Does something while no other change of the store is done. */
  inTurn<Result>(action: () => Promise<Result>): Promise<Result>
  /** Keeps blobs from being removed; to be called in a turn. */
  hold(digests: readonly Digest[]): void
  release(digests: readonly Digest[]): Promise<void>
  /** Makes a manifest the model's; to be called in a turn. */
  publish(bytes: Uint8Array): Promise<void>
}

/** Source: Ollama server/create.go, CreateHandler. Throws what `ModelStore.create` throws. */
export async function createModel(
  shop: Workshop,
  draft: ModelDraft,
  run: QuantizationRun,
): Promise<void> {
  const { modelDir } = shop
  const say = (status: string) => run.progress({ status })
  const held: Digest[] = []
  const hold = (...digests: readonly Digest[]) => {
    shop.hold(digests)
    held.push(...digests)
  }
  const source = await shop.inTurn(async () => {
    const base = await draftBase(shop, draft, say)
    hold(...base.layers.map(({ digest }) => digest))
    return base
  })
  try {
    const plan = await planQuantization(modelDir, source, draft.quantize)
    const texts = draft.texts()
    const place: Place = (move, digest) =>
      shop.inTurn(async () => {
        hold(digest)
        await move()
      })
    const base = plan ? await quantizeBase({ ...shop, place }, source, plan, run) : source
    await shop.inTurn(async () => {
      const manifest = await draftManifest(modelDir, base, { draft, texts }, say)
      say('writing manifest')
      await shop.publish(encodeManifest(manifest))
    })
  } finally {
    await shop.release(held)
  }
}
