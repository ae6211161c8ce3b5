/** What the embedded engine needs from elsewhere; `node/` provides it. */
import type { Digest } from '../../core/digest.ts'
import type { ModelName } from '../../core/model-name.ts'
import type { ModelDetails, TensorEntry } from '../../wire/ollama/responses.ts'

/** A message that belongs to the model itself. */
export interface ModelMessage {
  readonly role: string
  readonly content: string
}

/** What is listed of a model. */
export interface ListedModel {
  /** Shortest display form with the tag, for example `pocket:latest`. */
  readonly name: string
  /** All four parts, for example `registry.ollama.ai/library/pocket:latest`. */
  readonly qualifiedName: string
  /** 64 hex digits: SHA-256 of the manifest. */
  readonly digest: string
  /** All layers and the config. */
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
  readonly details: ModelDetails
}

/** A name that stands for a model of another server, which this engine does not ask. */
export interface ModelStub extends ListedModel {
  readonly remote: RemoteModel
}

/** A model of another server, by its name there and that server's URL. */
export interface RemoteModel {
  readonly model: string
  readonly host: string
}

/** A model that lies complete in the store. */
export interface InstalledModel extends ListedModel {
  /** The GGUF file with the weights. */
  readonly weightsPath: string
  /** LoRA adapters that change the weights, in their order. */
  readonly adapterPaths: readonly string[]
  /** What it was made from: a model's name, or the weights file; empty for a pulled one. */
  readonly parentModel: string
  /** Go template of the model; absent when it has none of its own. */
  readonly template: string | undefined
  /** Jinja template in the weights file, where it is to be used: without a Go template, or in place of a renderer. */
  readonly chatTemplate: string | undefined
  /** Name of Ollama's code that takes its answers apart; empty where the template tells how. */
  readonly parser: string
  /** Name of Ollama's code that writes its prompts, which this engine has not; empty where a template does. */
  readonly renderer: string
  /** True when it makes vectors and no text. */
  readonly isEmbedding: boolean
  readonly system: string | undefined
  /** Options of the Modelfile, by Ollama's names. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly messages: readonly ModelMessage[]
  readonly licenses: readonly string[]
}

/** The header of a weights file in the form of `/api/show`. */
export interface WeightsDescription {
  readonly modelInfo: Readonly<Record<string, unknown>>
  readonly tensors: readonly TensorEntry[]
}

/** The models of this engine. Names are compared as Ollama does: defaults filled in, case ignored. */
export interface ModelCatalogue {
  list(): Promise<readonly (InstalledModel | ModelStub)[]>
  find(name: string): Promise<InstalledModel | ModelStub | undefined>
  /** What stands in the header of the weights; long lists only when `verbose`. */
  describe(model: InstalledModel, verbose: boolean): Promise<WeightsDescription>
}

/** What a model is made from. */
export interface ModelDraft {
  /** A model here with the name as the client spelt it, files: name → digest as it was sent, or a model of another server. */
  readonly source:
    | { readonly from: ModelName; readonly asked: string }
    | { readonly files: ReadonlyMap<string, string> }
    | { readonly remote: RemoteModel }
  /** Files of adapters by name, with their digests; at most one. */
  readonly adapters: ReadonlyMap<string, string>
  /** Target of a quantisation; empty: none. */
  readonly quantize: string
  /** Names of Ollama's code for prompts and answers; empty: what the source says. */
  readonly renderer: string
  readonly parser: string
  /** Lowest version of Ollama that runs the model; empty: what the source says. */
  readonly requires: string
  /** Called once the source is known to be good; throws when a part is wrong. */
  texts(): DraftTexts
}

/** Parts that are put on top of the source; empty ones change nothing. */
export interface DraftTexts {
  readonly template: string
  readonly system: string
  readonly licenses: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  /** A JSON list; empty when there are none. */
  readonly messages: string
}

/** Changes the models of this engine. A change is seen at once, and is whole or absent after a crash. */
export interface ModelStore extends ModelFiles {
  hasBlob(digest: Digest): Promise<boolean>
  /** Throws `OD_DIGEST_MISMATCH`, `OD_DISK_FULL`. */
  receiveBlob(upload: {
    readonly expected: string
    readonly chunks: AsyncIterable<Uint8Array>
    readonly sizeBytes: number | undefined
  }): Promise<void>
  /** `progress` hears Ollama's lines, all but the last. When `signal` fires, work that takes long ends with its reason. */
  create(
    name: ModelName,
    draft: ModelDraft,
    progress: (line: ProgressLine) => void,
    signal: AbortSignal,
  ): Promise<void>
  /** False when there is no model of that name. */
  copy(source: ModelName, destination: ModelName): Promise<boolean>
  /** False when there is no model of that name. */
  remove(name: ModelName): Promise<boolean>
  /** Models that changed and that nobody else was told of; all models must be compared where it is not whole. */
  changes(): Promise<{
    readonly isWhole: boolean
    readonly changes: readonly {
      readonly name: ModelName
      /** Digest of the manifest before the newest change, and now; undefined where there was or is no such model. */
      readonly was: string | undefined
      readonly now: string | undefined
      readonly atMs: number
    }[]
  }>
}

/** Keeps files of models while a load has yet to open them. */
export interface ModelFiles {
  /** Gives what ends it; undefined when the file is being removed. */
  holdFile(path: string): (() => void) | undefined
}

/** How far a look at the files of models is. */
export interface VerifyProgress {
  readonly files: number
  readonly filesTotal: number
  readonly bytes: number
  readonly bytesTotal: number
}

/** A file of models that was not what it should be, or may not be read. */
export interface DamagedFile {
  readonly digest: Digest
  /** Models that need it. */
  readonly models: readonly string[]
  readonly problem: 'missing' | 'rotten' | 'unreadable'
  /** True when it was fetched again. */
  readonly isHealed: boolean
  /** Why it could not be fetched, empty when it was; or which right lacks. */
  readonly reason: string
}

/** Looks whether the files of models are what they should be. */
export interface ModelVerifier {
  /** Throws `OD_MODEL_NOT_FOUND`; when `signal` fires, its reason. */
  verify(
    request: {
      /** Undefined: all. */
      readonly model: ModelName | undefined
      /** Read at most so fast; 0: as fast as it goes. */
      readonly bytesPerSecond: number
      readonly onProgress: (progress: VerifyProgress) => void
      readonly onFinding: (file: DamagedFile) => void
      /** Hears of a file that has lost its name; who has it open still reads what is rotten. */
      readonly onSetAside: (path: string) => void
    },
    signal: AbortSignal,
  ): Promise<VerifyProgress>
}

/** Gives models out as archives, and takes them in. */
export interface ModelArchiver {
  /**
   * The models in an archive, which are there from then on. `rename`: what the one model in it is to be called. Throws the errors of
   * `OD_ARCHIVE_*`, `OD_DIGEST_MISMATCH`, `OD_MODEL_INCOMPLETE`, `OD_MANIFEST_INVALID`, `OD_DISK_FULL`.
   */
  import(
    chunks: AsyncIterable<Uint8Array>,
    rename: ModelName | undefined,
  ): Promise<readonly string[]>
  /**
   * A model as an archive, and the bytes of all files in it. Throws `OD_MODEL_NOT_FOUND`, `OD_MODEL_DAMAGED`; so does its end, for a
   * file that is not what its name says.
   */
  export(
    name: ModelName,
  ): Promise<{ readonly fileBytes: number; readonly chunks: AsyncIterable<Uint8Array> }>
}

/** A line of progress of work on models, as Ollama shows it. */
export interface ProgressLine {
  readonly status: string
  /** Of the file that it is about; zeros for one that is being made. */
  readonly digest?: string
  readonly total?: number
  readonly completed?: number
}

/** A model at its registry. */
export interface RegistryModel {
  readonly name: ModelName
  /** Over plain HTTP. */
  readonly insecure: boolean
  readonly credentials?: { readonly username: string; readonly password: string } | undefined
}

/** Brings models from their registries. */
export interface ModelPuller {
  /**
   * `progress` hears Ollama's lines, all but the last. Throws the errors of `OD_PULL_*`, `OD_REGISTRY_*`, `OD_DISK_FULL`; when
   * `signal` fires, its reason, and what was fetched is kept for the next time.
   */
  pull(
    model: RegistryModel,
    progress: (line: ProgressLine) => void,
    signal: AbortSignal,
  ): Promise<void>
}

/** Brings models to their registries. */
export interface ModelPusher {
  /**
   * `progress` hears Ollama's lines, all but the last. Throws `OD_PUSH`, `OD_REGISTRY_*`, `OD_MODEL_NOT_FOUND`; when `signal` fires,
   * its reason.
   */
  push(
    model: RegistryModel,
    progress: (line: ProgressLine) => void,
    signal: AbortSignal,
  ): Promise<void>
}
