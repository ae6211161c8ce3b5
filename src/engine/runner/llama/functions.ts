/** The functions of llama.cpp that we call, with their C prototypes, opened once per process. */
import koffi, { type LibraryHandle } from 'koffi'
import { checkDefaults, checkLayouts } from './canary.ts'
import { openLibraries } from './library.ts'
import {
  batchType,
  contextParamsType,
  expectedLayouts,
  modelParamsType,
  type StructLayout,
  samplerChainParamsType,
  threadpoolParamsType,
} from './structs.ts'

/** An address in C. koffi gives them no type, so they never leave the class that owns them. */
export type Pointer = bigint

/** Values of a C struct by field name. */
export type Fields = Record<string, unknown>

export type Llama = ReturnType<typeof openLlama>

/**
 * Opens the library and makes it ready. Nothing runs unless the struct layouts (`layouts` is there for the test that lies
 * about one) and the library's own defaults are the known ones; see `canary.ts`.
 */
export function openLlama(layouts: readonly StructLayout[] = expectedLayouts) {
  checkLayouts(layouts)
  const { llama, ggml, base, folder } = openLibraries()
  const functions = { ...declare(llama), ...declareBackend(ggml, base) }
  checkDefaults(functions.contextDefaults())
  functions.loadBackends(folder)
  functions.initialise()
  return functions
}

function declare(llama: LibraryHandle) {
  const f = (result: unknown, name: string, ...parameters: unknown[]) =>
    llama.func(name, result as string, parameters as string[])
  const p = 'void *'
  const i32 = 'int32_t'
  return {
    version: f('str', 'llama_version') as () => string,
    initialise: f('void', 'llama_backend_init') as () => void,
    modelDefaults: f(modelParamsType, 'llama_model_default_params') as () => Fields,
    contextDefaults: f(contextParamsType, 'llama_context_default_params') as () => Fields,
    modelLoad: f(p, 'llama_model_load_from_file', 'str', modelParamsType),
    adapterLoad: f(p, 'llama_adapter_lora_init', p, 'str'),
    modelVocabulary: f(p, 'llama_model_get_vocab', p) as (model: Pointer) => Pointer,
    modelContextLength: f(i32, 'llama_model_n_ctx_train', p) as (model: Pointer) => number,
    modelEmbeddingLength: f(i32, 'llama_model_n_embd_out', p) as (model: Pointer) => number,
    modelHasDecoder: f('bool', 'llama_model_has_decoder', p) as (model: Pointer) => boolean,
    modelMetadata: f(i32, 'llama_model_meta_val_str', p, 'str', p, 'size_t') as (
      model: Pointer,
      key: string,
      buffer: Uint8Array,
      size: number,
    ) => number,
    vocabularySize: f(i32, 'llama_vocab_n_tokens', p) as (vocabulary: Pointer) => number,
    isEndOfGeneration: f('bool', 'llama_vocab_is_eog', p, i32) as (
      vocabulary: Pointer,
      token: number,
    ) => boolean,
    beginToken: f(i32, 'llama_vocab_bos', p) as (vocabulary: Pointer) => number,
    endToken: f(i32, 'llama_vocab_eos', p) as (vocabulary: Pointer) => number,
    tokenize: f(i32, 'llama_tokenize', p, p, i32, p, i32, 'bool', 'bool') as (
      vocabulary: Pointer,
      text: Uint8Array,
      textBytes: number,
      tokens: Int32Array,
      tokensMax: number,
      addSpecial: boolean,
      parseSpecial: boolean,
    ) => number,
    tokenToPiece: f(i32, 'llama_token_to_piece', p, i32, p, i32, i32, 'bool') as (
      vocabulary: Pointer,
      token: number,
      buffer: Uint8Array,
      bufferBytes: number,
      leftStrip: number,
      special: boolean,
    ) => number,
    contextNew: f(p, 'llama_init_from_model', p, contextParamsType),
    useAdapters: f(i32, 'llama_set_adapters_lora', p, p, 'size_t', p) as (
      context: Pointer,
      adapters: BigUint64Array,
      count: number,
      scales: Float32Array,
    ) => number,
    contextFree: f('void', 'llama_free', p) as (context: Pointer) => void,
    attachThreadpool: f('void', 'llama_attach_threadpool', p, p, p) as (
      context: Pointer,
      decode: Pointer,
      batch: Pointer,
    ) => void,
    setThreads: f('void', 'llama_set_n_threads', p, i32, i32) as (
      context: Pointer,
      decode: number,
      batch: number,
    ) => void,
    setAbortCallback: f('void', 'llama_set_abort_callback', p, p, p) as (
      context: Pointer,
      callback: Pointer,
      data: Pointer,
    ) => void,
    batchNew: f(batchType, 'llama_batch_init', i32, i32, i32) as (
      tokens: number,
      embedding: number,
      sequences: number,
    ) => Record<string, Pointer>,
    decode: f(i32, 'llama_decode', p, batchType),
    memory: f(p, 'llama_get_memory', p) as (context: Pointer) => Pointer,
    memoryClear: f('void', 'llama_memory_clear', p, 'bool') as (m: Pointer, data: boolean) => void,
    memoryRemove: f('bool', 'llama_memory_seq_rm', p, i32, i32, i32) as (
      memory: Pointer,
      sequence: number,
      from: number,
      to: number,
    ) => boolean,
    memoryCopy: f('void', 'llama_memory_seq_cp', p, i32, i32, i32, i32) as (
      memory: Pointer,
      from: number,
      to: number,
      fromPosition: number,
      toPosition: number,
    ) => void,
    memoryCanShift: f('bool', 'llama_memory_can_shift', p) as (memory: Pointer) => boolean,
    memoryShift: f('void', 'llama_memory_seq_add', p, i32, i32, i32, i32) as (
      memory: Pointer,
      sequence: number,
      from: number,
      to: number,
      by: number,
    ) => void,
    memoryLast: f(i32, 'llama_memory_seq_pos_max', p, i32) as (
      memory: Pointer,
      sequence: number,
    ) => number,
    stateSize: f('size_t', 'llama_state_seq_get_size', p, i32) as (
      context: Pointer,
      sequence: number,
    ) => number,
    stateGet: f('size_t', 'llama_state_seq_get_data', p, p, 'size_t', i32) as (
      context: Pointer,
      into: Uint8Array,
      bytes: number,
      sequence: number,
    ) => number,
    stateSet: f('size_t', 'llama_state_seq_set_data', p, p, 'size_t', i32) as (
      context: Pointer,
      from: Uint8Array,
      bytes: number,
      sequence: number,
    ) => number,
    sequenceEmbedding: f(p, 'llama_get_embeddings_seq', p, i32) as (
      context: Pointer,
      sequence: number,
    ) => Pointer | null,
    outputOf: f(p, 'llama_get_logits_ith', p, i32) as (
      context: Pointer,
      index: number,
    ) => Pointer | null,
    chainNew: f(p, 'llama_sampler_chain_init', samplerChainParamsType) as (p: Fields) => Pointer,
    chainAdd: f('void', 'llama_sampler_chain_add', p, p) as (chain: Pointer, s: Pointer) => void,
    samplerFree: f('void', 'llama_sampler_free', p) as (sampler: Pointer) => void,
    samplerAccept: f('void', 'llama_sampler_accept', p, i32) as (s: Pointer, token: number) => void,
    samplerApply: f('void', 'llama_sampler_apply', p, p) as (
      sampler: Pointer,
      candidates: Pointer,
    ) => void,
    sample: f(i32, 'llama_sampler_sample', p, p, i32) as (
      sampler: Pointer,
      context: Pointer,
      index: number,
    ) => number,
    grammar: f(p, 'llama_sampler_init_grammar', p, 'str', 'str') as (
      vocabulary: Pointer,
      grammar: string,
      root: string,
    ) => Pointer | null,
    greedy: f(p, 'llama_sampler_init_greedy') as () => Pointer,
    seeded: f(p, 'llama_sampler_init_dist', 'uint32_t') as (seed: number) => Pointer,
    topK: f(p, 'llama_sampler_init_top_k', i32) as (k: number) => Pointer,
    topP: f(p, 'llama_sampler_init_top_p', 'float', 'size_t') as (p: number, n: number) => Pointer,
    minP: f(p, 'llama_sampler_init_min_p', 'float', 'size_t') as (p: number, n: number) => Pointer,
    typicalP: f(p, 'llama_sampler_init_typical', 'float', 'size_t') as (
      p: number,
      n: number,
    ) => Pointer,
    temperature: f(p, 'llama_sampler_init_temp', 'float') as (t: number) => Pointer,
    penalties: f(p, 'llama_sampler_init_penalties', i32, i32, 'float', 'float', 'float') as (
      vocabularySize: number,
      lastTokens: number,
      repeat: number,
      frequency: number,
      presence: number,
    ) => Pointer,
  }
}

function declareBackend(ggml: LibraryHandle, base: LibraryHandle) {
  const registryByName = ggml.func('ggml_backend_reg_by_name', 'void *', ['str'])
  const procedure = base.func('ggml_backend_reg_get_proc_address', 'void *', ['void *', 'str'])
  const threadpoolDefaults = base.func('ggml_threadpool_params_default', threadpoolParamsType, [
    'int32_t',
  ])
  return {
    loadBackends: ggml.func('ggml_backend_load_all_from_path', 'void', ['str']) as (
      folder: string,
    ) => void,
    /** Threads that stay, instead of new ones for every token; see the figures in the binding study. */
    threadpoolNew(threads: number): Pointer {
      const make = procedure(registryByName('CPU'), 'ggml_threadpool_new')
      const prototype = koffi.proto('void *', [koffi.pointer(threadpoolParamsType)])
      return koffi.call(make, prototype, threadpoolDefaults(threads)) as Pointer
    },
  }
}
