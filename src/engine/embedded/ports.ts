/** What the embedded engine needs from elsewhere; `node/` provides it. */

import type { ModelDetails, TensorEntry } from '../../wire/ollama/responses.ts'

/** A message that belongs to the model itself. */
export interface ModelMessage {
  readonly role: string
  readonly content: string
}

/** A model that lies complete in the store. */
export interface InstalledModel {
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
  /** The GGUF file with the weights. */
  readonly weightsPath: string
  readonly details: ModelDetails
  /** Go template of the model; absent when it has none of its own. */
  readonly template: string | undefined
  /** Jinja template in the weights file, for models without a Go template. */
  readonly chatTemplate: string | undefined
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
  list(): Promise<readonly InstalledModel[]>
  find(name: string): Promise<InstalledModel | undefined>
  /** What stands in the header of the weights; long lists only when `verbose`. */
  describe(model: InstalledModel, verbose: boolean): Promise<WeightsDescription>
}
