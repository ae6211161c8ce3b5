/** Makes smaller weights of weights in the store. Source: Ollama server/create.go, quantizeLayer. */
import { withFileReader } from '../../sys/files.ts'
import {
  type GgufConversion,
  type GgufHeader,
  planGgufConversion,
  type TensorWork,
} from '../../wire/gguf/index.ts'
import { type Place, type StoredLayer, storeStream } from '../blob.ts'
import type { Disk } from '../room.ts'
import { blobPath } from '../store-layout.ts'
import type { QuantizationPlan } from './base.ts'
import { unquantizedType } from './target.ts'
import { chooseTensorTypes } from './tensor-types.ts'

/**
 * Gives the data of tensors in their new types, one after the other. Who stops reading, or lets `signal` fire, ends the work. Throws
 * `OD_QUANTIZE_FAILED`, the reason of `signal`.
 */
export type Quantizer = (
  path: string,
  tensors: readonly TensorWork[],
  signal: AbortSignal,
) => AsyncIterable<Uint8Array>

/** A line of progress, as Ollama shows it. */
export interface CreateLine {
  readonly status: string
  readonly digest?: string
  readonly total?: number
  readonly completed?: number
}

/** Ollama names no file while it writes one. */
const noDigest = '0000000000000000000'

/** Where the weights lie and go, and who makes them. */
export interface QuantizationWay {
  readonly modelDir: string
  readonly disk: Disk
  readonly quantizer: Quantizer
  readonly place: Place
}

/** Who hears of it, and who ends it. */
export interface QuantizationRun {
  readonly progress: (line: CreateLine) => void
  readonly signal: AbortSignal
}

/**
 * The layer of the new weights, whose blob lies in the store from then on. Throws `OD_QUANTIZE_FAILED`, `OD_CREATE_UNSUPPORTED`, `OD_DISK_FULL`,
 * `OD_MODEL_QUOTA`, the reason of `signal`; nothing is left then.
 */
export async function quantizeLayer(
  { modelDir, disk, quantizer, place }: QuantizationWay,
  { weights: { layer, header }, target, asked }: QuantizationPlan,
  { progress, signal }: QuantizationRun,
): Promise<StoredLayer> {
  const path = blobPath(modelDir, layer.digest)
  const types = chooseTensorTypes(header, target)
  const plan = withFileReader(path, (read) =>
    planGgufConversion(header, read, { types, fileType: target.fileType }),
  )
  const status = `quantizing ${unquantizedType(header)} model to ${asked}`
  const shareOf = shares(header, layer.sizeBytes)
  const dataOf = quantizer(path, workOf(plan), signal)
  const chunks = withProgress(plan, dataOf, (sourceBytes) => {
    const completed = shareOf(sourceBytes)
    progress({ status, digest: noDigest, total: layer.sizeBytes, completed })
  })
  const made = await storeStream(modelDir, disk, { chunks, sizeBytes: plan.sizeBytes }, place)
  progress({ status: 'verifying conversion' })
  const { mediaType } = layer
  const { digest, isNew } = made
  return { layer: { mediaType, digest, sizeBytes: plan.sizeBytes }, isNew }
}

function workOf({ tensors }: GgufConversion): readonly TensorWork[] {
  return tensors.map(({ source, type, paddingBytes }) => ({
    offsetBytes: source.offsetBytes,
    elements: source.shape.reduce((product, size) => product * size, 1),
    from: source.type,
    to: type,
    paddingBytes,
  }))
}

/** `onTensor` hears after each tensor how many bytes of the source that makes. */
async function* withProgress(
  { head, tensors }: GgufConversion,
  data: AsyncIterable<Uint8Array>,
  onTensor: (sourceBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  yield head
  let written = 0
  let ends = 0
  let sourceBytes = 0
  let next = 0
  for await (const chunk of data) {
    yield chunk
    written += chunk.length
    for (let tensor = tensors[next]; tensor !== undefined; tensor = tensors[next]) {
      if (written < ends + tensor.sizeBytes) break
      ends += tensor.sizeBytes + tensor.paddingBytes
      sourceBytes += tensor.source.sizeBytes
      next += 1
      onTensor(sourceBytes)
    }
  }
}

/** Ollama reckons in 32 bits, which shows in the figures. */
function shares(header: GgufHeader, sizeBytes: number): (sourceBytes: number) => number {
  const f = Math.fround
  const dataBytes = sizeBytes - header.dataOffsetBytes
  return (bytes) => Math.trunc(f(f(f(bytes) / f(dataBytes)) * f(sizeBytes)))
}
