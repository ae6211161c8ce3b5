import { createHash } from 'node:crypto'
import { fullName, type ModelName, parseName, shortName } from './names.ts'
import type { FakeModel } from './options.ts'

/** A model that the fake holds. */
export interface Entry {
  readonly name: ModelName
  readonly model: FakeModel
  /** 64 hex digits, as a manifest's. */
  readonly digest: string
  readonly weights: string
  readonly modifiedMs: number
}

/** The models, under their names. Lookups fold the case of letters, as Ollama does for names that are on disk. */
export class Library {
  /** Digests of the files that were sent in. */
  readonly blobs = new Set<string>()
  readonly #entries = new Map<string, Entry>()

  constructor(models: readonly FakeModel[], nowMs: number) {
    for (const model of models) {
      const name = parseName(model.name)
      if (name === undefined) throw new Error(`not a model name: ${model.name}`)
      const digest = sha256(JSON.stringify({ ...model, name: '' }))
      const weights = sha256(model.weights ?? `weights of ${model.name}`)
      this.put({ name, model, digest, weights, modifiedMs: nowMs })
    }
  }

  put(entry: Entry): void {
    this.#entries.set(shortName(entry.name), entry)
  }

  /** Finds a model; `exact` does not fold the case. */
  find(name: ModelName, exact = false): Entry | undefined {
    const wanted = shortName(name)
    const found = this.#entries.get(wanted)
    if (found !== undefined || exact) return found
    const folded = fullName(name).toLowerCase() // the default registry and namespace are known in any case, too
    return this.list().find((entry) => fullName(entry.name).toLowerCase() === folded)
  }

  remove(entry: Entry): void {
    this.#entries.delete(shortName(entry.name))
  }

  /** Newest first. */
  list(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => b.modifiedMs - a.modifiedMs)
  }
}

/** `details` of lists; show has the parent's name besides. */
export function detailsOf(model: FakeModel, parentModel: string): Record<string, unknown> {
  return {
    parent_model: parentModel,
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameter_size: model.parameterSize ?? '134.52M',
    quantization_level: model.quantization ?? 'Q4_1',
  }
}

export function sizeOf(model: FakeModel): number {
  return model.sizeBytes ?? 98_363_269
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
