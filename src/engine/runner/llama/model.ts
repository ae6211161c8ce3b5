import type { Fields, Llama, Pointer } from './functions.ts'

/** How the layers are divided between processor and GPU; what Ollama's `num_gpu` and `main_gpu` say. */
export interface ModelOptions {
  /** Layers on the GPU; −1 leaves the choice to llama.cpp. */
  readonly gpuLayers: number
  readonly mainGpu?: number
  readonly mapsFile?: boolean
  /** LoRA adapters that every context of it applies. */
  readonly adapterPaths: readonly string[]
}

/** `enum llama_load_mode`. */
const loadModes = { chosen: -1, read: 0, mapped: 1 } as const

/** One loaded GGUF file: its weights and its vocabulary. Lives as long as the process. */
export class Model {
  readonly pointer: Pointer
  readonly adapters: readonly Pointer[]
  readonly vocabulary: Pointer
  readonly trainedContextTokens: number
  readonly embeddingLength: number
  readonly vocabularySize: number
  readonly beginToken: number
  readonly endToken: number
  readonly #llama: Llama
  readonly #piece = new Uint8Array(256)

  /** Reads the file on a worker thread. Throws when llama.cpp refuses it; its reason is on standard error. */
  static async load(llama: Llama, path: string, options: ModelOptions): Promise<Model> {
    const { gpuLayers, mainGpu = 0, mapsFile } = options
    const mode = mapsFile === true ? 'mapped' : 'read'
    const parameters: Fields = {
      ...llama.modelDefaults(),
      n_gpu_layers: gpuLayers,
      main_gpu: mainGpu,
      load_mode: loadModes[mapsFile === undefined ? 'chosen' : mode],
    }
    const pointer = await new Promise<Pointer | null>((resolve, reject) => {
      llama.modelLoad.async(path, parameters, (error: Error | null, result: Pointer | null) =>
        error === null ? resolve(result) : reject(error),
      )
    })
    if (pointer === null) throw new Error('llama.cpp refused the file')
    const adapters: Pointer[] = []
    for (const adapter of options.adapterPaths) {
      adapters.push(await loadAdapter(llama, pointer, adapter))
    }
    return new Model(llama, pointer, adapters)
  }

  private constructor(llama: Llama, pointer: Pointer, adapters: readonly Pointer[]) {
    this.adapters = adapters
    this.#llama = llama
    this.pointer = pointer
    this.vocabulary = llama.modelVocabulary(pointer)
    this.trainedContextTokens = llama.modelContextLength(pointer)
    this.embeddingLength = llama.modelEmbeddingLength(pointer)
    this.vocabularySize = llama.vocabularySize(this.vocabulary)
    this.beginToken = llama.beginToken(this.vocabulary)
    this.endToken = llama.endToken(this.vocabulary)
  }

  /** Token ids of a text; special tokens spelt in the text are recognised, as Ollama does. */
  tokenize(text: string, addSpecial: boolean): number[] {
    const bytes = new TextEncoder().encode(text)
    let tokens = new Int32Array(bytes.length + 8)
    const into = () =>
      this.#llama.tokenize(
        this.vocabulary,
        bytes,
        bytes.length,
        tokens,
        tokens.length,
        addSpecial,
        true,
      )
    let count = into()
    if (count < 0) {
      tokens = new Int32Array(-count)
      count = into()
    }
    return [...tokens.subarray(0, count)]
  }

  /** Bytes that a token stands for; often not whole UTF-8 characters. */
  pieceOf(token: number): Uint8Array {
    let buffer = this.#piece
    const into = () =>
      this.#llama.tokenToPiece(this.vocabulary, token, buffer, buffer.length, 0, true)
    let count = into()
    if (count < 0) {
      buffer = new Uint8Array(-count)
      count = into()
    }
    return buffer.slice(0, Math.max(0, count))
  }

  isToken(token: number): boolean {
    return Number.isInteger(token) && token >= 0 && token < this.vocabularySize
  }

  isEndOfGeneration(token: number): boolean {
    return this.#llama.isEndOfGeneration(this.vocabulary, token)
  }

  /** A metadata value of the file as llama.cpp prints it, or undefined. */
  metadata(key: string): string | undefined {
    const buffer = new Uint8Array(256)
    const length = this.#llama.modelMetadata(this.pointer, key, buffer, buffer.length)
    if (length < 0) return undefined
    return new TextDecoder().decode(buffer.subarray(0, Math.min(length, buffer.length - 1)))
  }
}

/** Reads an adapter on a worker thread; it lives as long as the model. Throws when it does not fit the model. */
async function loadAdapter(llama: Llama, model: Pointer, path: string): Promise<Pointer> {
  const pointer = await new Promise<Pointer | null>((resolve, reject) => {
    llama.adapterLoad.async(model, path, (error: Error | null, result: Pointer | null) =>
      error === null ? resolve(result) : reject(error),
    )
  })
  if (pointer === null) throw new Error('llama.cpp refused the adapter')
  return pointer
}
