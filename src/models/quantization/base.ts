/** Quantizes the weights of a model that is being made. Source: Ollama server/create.go, createModel. */
import { mediaTypes } from '../../wire/manifest.ts'
import type { Base } from '../draft.ts'
import { type GgufLayer, ggufLayer } from '../gguf-layer.ts'
import { summaryOf } from '../weights.ts'
import { type QuantizationRun, type QuantizationWay, quantizeLayer } from './quantize.ts'
import { type QuantizationTarget, quantizationTarget, unquantizedType } from './target.ts'

/** What is to be done. */
export interface QuantizationPlan {
  readonly weights: GgufLayer
  readonly target: QuantizationTarget
  /** The target as the client spelt it, in upper case. */
  readonly asked: string
}

/**
 * Undefined when the weights are as they are asked for, or nothing is asked for. Throws `OD_CREATE_QUANTIZE_TYPE`,
 * `OD_CREATE_QUANTIZED`.
 */
export async function planQuantization(
  modelDir: string,
  { layers }: Base,
  type: string,
): Promise<QuantizationPlan | undefined> {
  const layer = layers.find(({ mediaType }) => mediaType === mediaTypes.model)
  if (type === '' || layer === undefined) return undefined
  const asked = type.toUpperCase()
  const target = quantizationTarget(asked)
  const weights = await ggufLayer(modelDir, layer.digest)
  return unquantizedType(weights.header) === target.name ? undefined : { weights, target, asked }
}

/** The base with the new weights in the place of the old. Throws what `quantizeLayer` throws, and `OD_GGUF_INVALID`. */
export async function quantizeBase(
  way: QuantizationWay,
  base: Base,
  plan: QuantizationPlan,
  run: QuantizationRun,
): Promise<Base> {
  const { layer, isNew } = await quantizeLayer(way, plan, run)
  // what no engine could read is found now, and not when it is loaded; F32 has no name, as in Ollama
  const { quantizationLevel } = summaryOf((await ggufLayer(way.modelDir, layer.digest)).header)
  return {
    layers: base.layers.map((one) => (one.digest === plan.weights.layer.digest ? layer : one)),
    config: { ...base.config, quantizationLevel },
    ...(isNew && { newLayer: layer.digest }),
  }
}
