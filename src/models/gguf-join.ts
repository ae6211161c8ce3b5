/** Makes one blob of the parts of a file that was split: no Ollama loads parts. */
import type { Digest } from '../core/digest.ts'
import { withFileReader } from '../sys/files.ts'
import { openReadable } from '../sys/readable-file.ts'
import { type GgufJoin, planGgufJoin } from '../wire/gguf/index.ts'
import { storeStream } from './blob.ts'
import type { GgufLayer } from './gguf-layer.ts'
import type { Disk } from './room.ts'
import { blobPath } from './store-layout.ts'

/** The digest of the whole, which lies in the store from then on. Throws `OD_GGUF_INVALID`, `OD_DISK_FULL`, `OD_MODEL_QUOTA`. */
export async function joinParts(
  modelDir: string,
  disk: Disk,
  parts: readonly GgufLayer[],
): Promise<Digest> {
  const paths = parts.map(({ layer }) => blobPath(modelDir, layer.digest))
  const readers = paths.map(
    (path) => (offset: number, length: number) =>
      withFileReader(path, (read) => read(offset, length)),
  )
  const join = planGgufJoin(
    parts.map(({ header }) => header),
    readers,
  )
  const made = { chunks: bytesOf(join, paths), sizeBytes: join.sizeBytes }
  return (await storeStream(modelDir, disk, made)).digest
}

async function* bytesOf(
  { head, pieces }: GgufJoin,
  paths: readonly string[],
): AsyncGenerator<Uint8Array> {
  yield head
  for (const { part, offsetBytes, sizeBytes, paddingBytes } of pieces) {
    const file = await openReadable(paths[part] ?? '')
    yield* file.stream(offsetBytes, offsetBytes + sizeBytes - 1) as AsyncIterable<Buffer>
    yield Buffer.alloc(paddingBytes)
  }
}
