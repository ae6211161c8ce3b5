import { OdError } from '../../core/errors/index.ts'
import { goQuote } from '../go-json/index.ts'

/**
 * Each bound with its reason. Real files stay far below; what is above was made to break a reader, or breaks llama.cpp
 * (it aborts its process on some such files).
 */
export const ggufLimits = {
  /** All but the tensors' data. The largest vocabularies make about 20 MiB. */
  headerBytesMax: 256 * 1024 * 1024,
  /** Real models have some dozens. */
  keysMax: 65_536,
  /** What the format's own text allows for a key. */
  keyBytesMax: 65_535,
  /** Chat templates of 100 KiB exist; Ollama has the same bound. */
  stringBytesMax: 16 * 1024 * 1024,
  /** Keys, names and texts that are kept in memory, all together: one text of the largest size and room for the rest. */
  keptBytesMax: 20 * 1024 * 1024,
  /** Merges of the largest vocabularies are about half a million. */
  arrayLengthMax: 10_000_000,
  /** Elements that must be walked one by one to find where arrays end, all together. */
  walkedElementsMax: 10_000_000,
  /** An array of arrays is the deepest the format is used with. */
  arrayDepthMax: 2,
  /** The largest mixtures of experts have some thousands. */
  tensorsMax: 100_000,
  /** llama.cpp's own bound is 64. */
  tensorNameBytesMax: 256,
  /** What llama.cpp can compute with. */
  dimensionsMax: 4,
  /** The deepest models have some hundreds; readers set tables aside by this number. */
  blockCountMax: 10_000,
  /** Writers use 32; pages of the largest kind are 64 KiB. */
  alignmentMax: 65_536,
} as const

/** The error for a file that is refused, with the reason in a few words of ours. */
export function refused(reason: string): OdError {
  return new OdError('OD_GGUF_INVALID', { reason })
}

/** A name out of the file may be anything; an error shows the start of it, quoted. */
export function shown(name: string): string {
  return goQuote(name.slice(0, 64))
}
