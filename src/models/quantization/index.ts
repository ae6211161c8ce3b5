/** Weights in fewer bits: what is decided about it, and how the result gets into the store. */
export { planQuantization, quantizeBase } from './base.ts'
export type { CreateLine, QuantizationRun, Quantizer } from './quantize.ts'
