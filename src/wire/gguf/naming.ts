import { toFixedLikeGo } from '../../core/byte-size.ts'
import { type GgufHeader, ggufInteger } from './header.ts'

/** By `general.file_type`; holes are types that files no longer have. Source: Ollama fs/ggml/type.go. */
const quantizations: ReadonlyMap<number, string> = new Map([
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [7, 'Q8_0'],
  [8, 'Q5_0'],
  [9, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K_S'],
  [12, 'Q3_K_M'],
  [13, 'Q3_K_L'],
  [14, 'Q4_K_S'],
  [15, 'Q4_K_M'],
  [16, 'Q5_K_S'],
  [17, 'Q5_K_M'],
  [18, 'Q6_K'],
  [19, 'IQ2_XXS'],
  [20, 'IQ2_XS'],
  [21, 'Q2_K_S'],
  [22, 'IQ3_XS'],
  [23, 'IQ3_XXS'],
  [24, 'IQ1_S'],
  [25, 'IQ4_NL'],
  [26, 'IQ3_S'],
  [27, 'IQ3_M'],
  [28, 'IQ2_S'],
  [29, 'IQ2_M'],
  [30, 'IQ4_XS'],
  [31, 'IQ1_M'],
  [32, 'BF16'],
  [36, 'TQ1_0'],
  [37, 'TQ2_0'],
  [38, 'MXFP4_MOE'],
  [39, 'NVFP4'],
  [40, 'Q1_0'],
])

/** How Ollama names the file's quantisation, for example `Q4_K_M`. `unknown` also for F32, whose number is 0, as there. */
export function quantizationName(header: GgufHeader): string {
  return quantizations.get(ggufInteger(header, 'general.file_type') ?? 0) ?? 'unknown'
}

/** How Ollama prints a number of parameters: `7.6B`, `134.52M`, `260K`, `32`. Source: Ollama format/format.go. */
export function parameterSize(parameterCount: number): string {
  const billions = parameterCount / 1e9
  if (billions >= 1) return `${toFixedLikeGo(billions, Number.isInteger(billions) ? 0 : 1)}B`
  const millions = parameterCount / 1e6
  if (millions >= 1) return `${toFixedLikeGo(millions, Number.isInteger(millions) ? 0 : 2)}M`
  const thousands = parameterCount / 1e3
  return thousands >= 1 ? `${toFixedLikeGo(thousands, 0)}K` : String(parameterCount)
}
