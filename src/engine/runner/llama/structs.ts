/**
 * Memory layout of the C structs that cross the border to llama.cpp, as its public headers of v0.4.0 and v0.5.0 declare
 * them. Sizes and offsets are written down apart from the field lists, so that a mistake in either shows.
 *
 * Source: llama.cpp include/llama.h, ggml/include/ggml.h.
 */
import koffi from 'koffi'

const opaque = 'void *'

export const modelParamsType = koffi.struct('od_model_params', {
  devices: opaque,
  tensor_buft_overrides: opaque,
  n_gpu_layers: 'int32_t',
  split_mode: 'int32_t',
  load_mode: 'int32_t',
  lazy_mode: 'int32_t',
  main_gpu: 'int32_t',
  tensor_split: opaque,
  progress_callback: opaque,
  progress_callback_user_data: opaque,
  kv_overrides: opaque,
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
})

export const contextParamsType = koffi.struct('od_context_params', {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int32_t',
  rope_scaling_type: 'int32_t',
  pooling_type: 'int32_t',
  attention_type: 'int32_t',
  flash_attn_type: 'int32_t',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: opaque,
  cb_eval_user_data: opaque,
  type_k: 'int32_t',
  type_v: 'int32_t',
  abort_callback: opaque,
  abort_callback_data: opaque,
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: opaque,
  n_samplers: 'size_t',
  ctx_other: opaque,
})

export const batchType = koffi.struct('od_batch', {
  n_tokens: 'int32_t',
  token: opaque,
  embd: opaque,
  pos: opaque,
  n_seq_id: opaque,
  seq_id: opaque,
  logits: opaque,
})

export const threadpoolParamsType = koffi.struct('od_threadpool_params', {
  cpumask: koffi.array('bool', 512),
  n_threads: 'int32_t',
  prio: 'int32_t',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
})

export const samplerChainParamsType = koffi.struct('od_sampler_chain_params', { no_perf: 'bool' })

/** One struct of C and where its fields must lie, in bytes. */
export interface StructLayout {
  readonly name: string
  readonly type: unknown
  readonly sizeBytes: number
  readonly offsets: Readonly<Record<string, number>>
}

/** What the compiler of llama.cpp made of the headers (measured with `offsetof` on 64-bit machines). */
export const expectedLayouts: readonly StructLayout[] = [
  {
    name: 'llama_model_params',
    type: modelParamsType,
    sizeBytes: 80,
    offsets: { n_gpu_layers: 16, load_mode: 24, main_gpu: 32, tensor_split: 40, vocab_only: 72 },
  },
  {
    name: 'llama_context_params',
    type: contextParamsType,
    sizeBytes: 160,
    offsets: { n_threads: 28, flash_attn_type: 52, cb_eval: 88, type_k: 104, abort_callback: 112 },
  },
  {
    name: 'llama_batch',
    type: batchType,
    sizeBytes: 56,
    offsets: { token: 8, pos: 24, n_seq_id: 32, seq_id: 40, logits: 48 },
  },
  {
    name: 'ggml_threadpool_params',
    type: threadpoolParamsType,
    sizeBytes: 528,
    offsets: { n_threads: 512, poll: 520, paused: 525 },
  },
]
