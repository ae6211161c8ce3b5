/**
 * Which type each tensor of a model gets. Pure. The choice is Ollama's, which is not in all cases that of llama.cpp's own tool, so that a model
 * is the same wherever it was made. Source: Ollama server/quantization.go, newType and getTensorNewType.
 */
import { OdError } from '../../core/errors/index.ts'
import {
  type GgufHeader,
  type GgufTensor,
  ggufInteger,
  ggufText,
  tensorBlock,
} from '../../wire/gguf/index.ts'
import type { QuantizationTarget } from './target.ts'

/** The types of a model's tensors, in the order of its header. Throws `OD_CREATE_UNSUPPORTED` where Ollama has rules that are not here. */
export function chooseTensorTypes(
  header: GgufHeader,
  target: QuantizationTarget,
): readonly string[] {
  const architecture = ggufText(header, 'general.architecture') ?? ''
  if (architecture === 'laguna' || header.metadata.has(`${architecture}.source_quantization`)) {
    throw new OdError('OD_CREATE_UNSUPPORTED', { what: 'quantization of this kind of model' })
  }
  const chooser = new TypeChooser(header, target, architecture)
  return header.tensors.map((tensor) => chooser.typeOf(tensor))
}

/** Tensors that lose too much, or are too small to be worth it: by the beginning of the name, a part of it, or the whole. */
const keptStarts = ['v.', 'a.']
const keptParts = [
  'mm.',
  '_norm.weight',
  'ffn_gate_inp.weight',
  'ffn_gate_inp_shexp.weight',
  'ssm_conv1d.weight',
  'shortconv.conv.weight',
  'time_mix_first.weight',
  'time_mix_w1.weight',
  'time_mix_w2.weight',
  'time_mix_decay_w1.weight',
  'time_mix_decay_w2.weight',
  'time_mix_lerp_fused.weight',
  'attn_rel_b.weight',
  'per_layer_token_embd.weight',
]
const keptNames = ['position_embd.weight', 'token_types.weight']

/** Compressed attention does badly with fewer bits. */
const compressedAttention = [
  'attn_k_b.weight',
  'attn_v_b.weight',
  'attn_kv_a_mqa.weight',
  'attn_q_a.weight',
  'attn_q_b.weight',
]

/** Families that mix linear with full attention have a table of their own for the small types. */
const mixedAttention = ['qwen3next', 'qwen35', 'qwen35moe']
const mixedAttentionTypes: Readonly<Record<string, readonly string[]>> = {
  Q4_K: [
    'attn_q',
    'attn_k',
    'attn_output',
    'attn_qkv',
    'attn_gate',
    'ssm_ba',
    'ssm_beta',
    'ssm_alpha',
    'ssm_out',
    'ffn_gate_exps',
    'ffn_gate_shexp',
    'ffn_up_exps',
    'ffn_up_shexp',
  ],
  Q6_K: ['attn_v', 'ffn_down_exps', 'ffn_down_shexp'],
}

/** What a type gives way to where a row is no multiple of its block. */
const fallbacks: Readonly<Record<string, string>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' }

/** Layers in which more bits pay: the first, the last, and every third between. */
function isWorthMore(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8)
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2
}

class TypeChooser {
  readonly #target: QuantizationTarget
  readonly #isMixedAttention: boolean
  readonly #hasOutput: boolean
  readonly #experts: number
  readonly #valueTensors: number
  readonly #layers: number
  /** How many of each kind have been seen: the number of their layer, as Ollama counts. */
  #valueIndex = 0
  #downIndex = 0

  constructor(header: GgufHeader, target: QuantizationTarget, architecture: string) {
    const names = header.tensors.map(({ name }) => name)
    this.#target = target
    this.#isMixedAttention = mixedAttention.includes(architecture)
    this.#hasOutput = names.includes('output.weight')
    this.#experts = ggufInteger(header, `${architecture}.expert_count`) ?? 0
    this.#valueTensors = names.filter((name) => /attn_(?:v|qkv|kv_b)\.weight/.test(name)).length
    this.#layers = new Set(names.flatMap((name) => /^blk\.([^.]*)\./.exec(name)?.[1] ?? [])).size
  }

  typeOf({ name, shape, type }: GgufTensor): string {
    const isKept =
      !name.endsWith('weight') ||
      shape.length < 2 ||
      keptStarts.some((start) => name.startsWith(start)) ||
      keptParts.some((part) => name.includes(part)) ||
      keptNames.includes(name)
    if (isKept) return type
    const rowElements = shape[0] ?? 0
    if (this.#isMixedAttention && this.#target.tensorType === 'Q4_K') {
      for (const [wanted, parts] of Object.entries(mixedAttentionTypes)) {
        if (parts.some((part) => name.endsWith(`.${part}.weight`)))
          return fitting(wanted, rowElements)
      }
    }
    return fitting(this.#wanted(name, rowElements), rowElements)
  }

  #wanted(name: string, rowElements: number): string {
    const { name: kind, tensorType } = this.#target
    const isLarge = tensorType === 'Q8_0'
    const isTied = !this.#hasOutput && name === 'token_embd.weight'
    if (name === 'output.weight' || name === 'output_norm.weight' || isTied) {
      const fits = rowElements % tensorBlock(tensorType).elements === 0
      return isLarge || !fits ? 'Q8_0' : 'Q6_K'
    }
    if (name.includes('attn_v.weight')) {
      const layer = this.#valueIndex++
      if (this.#experts === 8) return 'Q8_0'
      if (kind === 'Q4_K_M' && isWorthMore(layer, this.#valueTensors)) return 'Q6_K'
      return kind === 'Q4_K_S' && layer < 4 ? 'Q5_K' : tensorType
    }
    if (name.includes('attn_k.weight')) return this.#experts === 8 ? 'Q8_0' : tensorType
    if (compressedAttention.some((part) => name.includes(part))) return 'Q8_0'
    if (name.includes('ffn_down')) return this.#downType(name)
    if (name.includes('attn_output.weight')) {
      return this.#experts === 8 && tensorType === 'Q4_K' ? 'Q5_K' : tensorType
    }
    return name.includes('attn_qkv.weight') && kind === 'Q4_K_M' ? 'Q5_K' : tensorType
  }

  /** The experts of a layer stand behind its dense part, which has counted the layer. */
  #downType(name: string): string {
    const { name: kind, tensorType } = this.#target
    const layer = name.includes('_exps') ? Math.max(0, this.#downIndex - 1) : this.#downIndex++
    if (kind === 'Q4_K_M' && isWorthMore(layer, this.#layers)) return 'Q6_K'
    return kind === 'Q4_K_S' && layer < Math.floor(this.#layers / 8) ? 'Q5_K' : tensorType
  }
}

function fitting(wanted: string, rowElements: number): string {
  const fits = (type: string) => rowElements % tensorBlock(type).elements === 0
  if (fits(wanted)) return wanted
  const fallback = fallbacks[wanted] ?? wanted
  return fits(fallback) ? fallback : 'F16'
}
