/** Gives a model out as an archive in the layout of the store: blobs first, the manifest last, so that a part of it is no model. */
import { createHash } from 'node:crypto'
import { createTarPacker, type TarPackController } from 'modern-tar'
import { blobFileName, type Digest } from '../../core/digest.ts'
import { OdError } from '../../core/errors/index.ts'
import { canonicalName, displayName, type ModelName, manifestPath } from '../../core/model-name.ts'
import { factsOf, readBytes } from '../../sys/files.ts'
import { openReadable } from '../../sys/readable-file.ts'
import { decodeManifest, type ManifestLayer, manifestLimits } from '../../wire/manifest.ts'
import { manifestFiles } from '../manifest-files.ts'
import { asUnreadable } from '../room.ts'
import { blobPath } from '../store-layout.ts'

/** An archive on its way out. */
export interface PackedModel {
  /** Of all files in it; the archive is a little larger. */
  readonly fileBytes: number
  /** Fails with `OD_MODEL_DAMAGED` when a file is not what its name says; what came until then is no whole archive. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** What of the store this needs. */
interface HoldingStore {
  blobBytes(digest: Digest): Promise<number | undefined>
  hold(digests: readonly Digest[]): Promise<() => Promise<void>>
}

/** Packs a model by its name in any spelling. Throws `OD_MODEL_NOT_FOUND`, `OD_MODEL_DAMAGED`, `OD_STORE_UNREADABLE`. */
export async function packModel(
  modelDir: string,
  store: HoldingStore,
  wanted: ModelName,
): Promise<PackedModel> {
  const all = [...(await manifestFiles(modelDir))]
  const [file, name] =
    all.find(([, one]) => canonicalName(one) === canonicalName(wanted)) ?? ([] as undefined[])
  if (file === undefined || name === undefined) {
    throw new OdError('OD_MODEL_NOT_FOUND', { model: displayName(wanted) })
  }
  const { modifiedMs } = await factsOf(file)
  const bytes = await readBytes(file, manifestLimits.bytesMax)
  const { config, layers } = decodeManifest(bytes)
  const blobs = [...new Map([config, ...layers].map((one) => [one.digest, one])).values()]
  for (const { digest, sizeBytes } of blobs) {
    if ((await store.blobBytes(digest)) !== sizeBytes) throw damaged(name)
    await (await openReadable(blobPath(modelDir, digest)).catch(asUnreadable)).close()
  }
  const manifest = { path: ['manifests', ...manifestPath(name)].join('/'), bytes }
  const fileBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, bytes.length)
  const context = { modelDir, store, name, modified: new Date(modifiedMs) }
  return { fileBytes, chunks: archiveOf(blobs, manifest, context) }
}

interface PackContext {
  readonly modelDir: string
  readonly store: HoldingStore
  readonly name: ModelName
  readonly modified: Date
}

async function* archiveOf(
  blobs: readonly ManifestLayer[],
  manifest: { readonly path: string; readonly bytes: Uint8Array },
  context: PackContext,
): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker()
  const release = await context.store.hold(blobs.map(({ digest }) => digest))
  const reader = readable.getReader()
  const packed = pack(controller, blobs, manifest, context)
  packed.catch((error: unknown) => controller.error(error)) // read below
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel(new Error('nobody reads any more')).catch(() => undefined)
    await packed.catch(() => undefined)
    await release()
  }
}

async function pack(
  controller: TarPackController,
  blobs: readonly ManifestLayer[],
  { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  { modelDir, name, modified }: PackContext,
): Promise<void> {
  for (const { digest, sizeBytes } of blobs) {
    const hash = createHash('sha256')
    const header = { name: `blobs/${blobFileName(digest)}`, size: sizeBytes, mtime: modified }
    const writer = controller.add(header).getWriter()
    const file = await openReadable(blobPath(modelDir, digest))
    if (sizeBytes === 0) await file.close()
    else {
      for await (const piece of file.stream(0, sizeBytes - 1) as AsyncIterable<Buffer>) {
        hash.update(piece)
        await writer.write(piece)
      }
    }
    if (`sha256:${hash.digest('hex')}` !== digest) throw damaged(name)
    await writer.close()
  }
  const writer = controller.add({ name: path, size: bytes.length, mtime: modified }).getWriter()
  await writer.write(bytes)
  await writer.close()
  controller.finalize()
}

function damaged(name: ModelName): OdError {
  return new OdError('OD_MODEL_DAMAGED', { model: displayName(name) })
}
