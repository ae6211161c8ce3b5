/** Reads what a weights file says of itself. */
import { withFileReader } from '../sys/files.ts'
import {
  type GgufHeader,
  ggufText,
  modelInfo,
  parameterSize,
  quantizationName,
  readGgufHeader,
} from '../wire/gguf/index.ts'
import type { TensorEntry } from '../wire/ollama/responses.ts'

/** The header of a weights file in the form of `/api/show`. */
export interface WeightsDescription {
  /** For `encodeGoJson`. */
  readonly modelInfo: Readonly<Record<string, unknown>>
  readonly tensors: readonly TensorEntry[]
}

/** Throws `OD_GGUF_INVALID` when the file is not sound, the system's error when it cannot be read. */
export function describeWeights(path: string, verbose: boolean): WeightsDescription {
  return withFileReader(path, (read, fileSizeBytes) => {
    const header = readGgufHeader(read, fileSizeBytes)
    const info = verbose ? modelInfo(header, { read, fileSizeBytes }) : modelInfo(header)
    return {
      modelInfo: info,
      tensors: header.tensors.map(({ name, type, shape }) => ({ name, type, shape })),
    }
  })
}

/** The Jinja chat template in a weights file, or undefined. */
export function chatTemplateOf(path: string): string | undefined {
  return withFileReader(path, (read, sizeBytes) =>
    ggufText(readGgufHeader(read, sizeBytes), 'tokenizer.chat_template'),
  )
}

/** The fields of a model's config that its weights tell. */
export function summaryOf(header: GgufHeader) {
  return {
    family: ggufText(header, 'general.architecture') ?? 'unknown',
    parameterSize: parameterSize(header.parameterCount),
    quantizationLevel: quantizationName(header),
  }
}
