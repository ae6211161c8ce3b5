/** Reads what a weights file says of itself. */
import { isOdError } from '../core/errors/index.ts'
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

/** What a weights file says that decides how the model is used. */
interface WeightsFacts {
  /** The Jinja chat template, when there is one. */
  readonly chatTemplate: string | undefined
  /** True when it makes vectors and no text: it says how tokens are pooled. Source: Ollama server/images.go, Capabilities. */
  readonly isEmbedding: boolean
}

/** Nothing is known of a file that is not sound: it stays in the lists, and loading it says what is wrong. */
export function weightsFactsOf(path: string): WeightsFacts {
  try {
    const header = withFileReader(path, readGgufHeader)
    const family = ggufText(header, 'general.architecture') ?? ''
    return {
      chatTemplate: ggufText(header, 'tokenizer.chat_template'),
      isEmbedding: header.metadata.has(`${family}.pooling_type`),
    }
  } catch (error) {
    if (!isOdError(error)) throw error
    return { chatTemplate: undefined, isEmbedding: false }
  }
}

/** The fields of a model's config that its weights tell. */
export function summaryOf(header: GgufHeader) {
  return {
    family: ggufText(header, 'general.architecture') ?? 'unknown',
    parameterSize: parameterSize(header.parameterCount),
    quantizationLevel: quantizationName(header),
  }
}
