/** What weights can be quantized to, by the names of Ollama. Pure. Source: Ollama fs/ggml/type.go, ParseFileType. */
import { OdError } from '../../core/errors/index.ts'
import { type GgufHeader, ggufInteger, quantizationName } from '../../wire/gguf/index.ts'

/** A kind of file. */
export interface QuantizationTarget {
  readonly name: 'F32' | 'F16' | 'BF16' | 'Q8_0' | 'Q4_K_S' | 'Q4_K_M'
  /** Its number under `general.file_type`. */
  readonly fileType: number
  /** Type of most of its tensors. */
  readonly tensorType: string
}

const targets: readonly QuantizationTarget[] = [
  { name: 'F32', fileType: 0, tensorType: 'F32' },
  { name: 'F16', fileType: 1, tensorType: 'F16' },
  { name: 'BF16', fileType: 32, tensorType: 'BF16' },
  { name: 'Q8_0', fileType: 7, tensorType: 'Q8_0' },
  { name: 'Q4_K_S', fileType: 14, tensorType: 'Q4_K' },
  { name: 'Q4_K_M', fileType: 15, tensorType: 'Q4_K' },
]

/** The target of that name, in upper case; `Q4_K` is another name of `Q4_K_M`. Throws `OD_CREATE_QUANTIZE_TYPE`. */
export function quantizationTarget(type: string): QuantizationTarget {
  const name = type === 'Q4_K' ? 'Q4_K_M' : type
  const target = targets.find((one) => one.name === name)
  if (target === undefined) throw new OdError('OD_CREATE_QUANTIZE_TYPE', { type })
  return target
}

/**
 * What weights are that have not been quantized. Throws `OD_CREATE_QUANTIZED` for those that have. Ollama takes F32, whose number is 0, for a
 * number that is missing, and refuses it; here the key decides.
 */
export function unquantizedType(header: GgufHeader): 'F16' | 'BF16' | 'F32' {
  if (ggufInteger(header, 'general.file_type') === 0) return 'F32'
  const name = quantizationName(header)
  if (name !== 'F16' && name !== 'BF16') throw new OdError('OD_CREATE_QUANTIZED')
  return name
}
