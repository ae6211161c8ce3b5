/** A bounded reader of GGUF headers, and what Ollama makes of them in its answers. */
export {
  type GgufConversion,
  planGgufConversion,
  type TensorConversion,
  type TensorWork,
} from './conversion.ts'
export { type GgufHeader, ggufFlag, ggufInteger, ggufText, readGgufHeader } from './header.ts'
export { type GgufJoin, isGgufPart, planGgufJoin } from './join.ts'
export { ggufLimits } from './limits.ts'
export { modelInfo } from './model-info.ts'
export { parameterSize, quantizationName } from './naming.ts'
export { type GgufTensor, tensorBlock, tensorTypeNumber } from './tensor.ts'
export type { GgufValue } from './value.ts'
