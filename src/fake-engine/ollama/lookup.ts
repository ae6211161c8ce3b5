import { Failure, texts } from './failure.ts'
import type { Entry, Library } from './library.ts'
import { parseName, sourceOf } from './names.ts'
import type { Capability } from './options.ts'

/** How an endpoint words a name that it cannot use. */
export interface Wording {
  /** Answer to an empty name. */
  readonly empty: readonly [status: number, text: string]
  readonly missing: (asSent: string) => string
  readonly cloud?: string
  /** Only the spelling on disk is found. */
  readonly isExact?: boolean
}

/** The model of a request. Throws what the endpoint answers when there is none. */
export function lookUp(library: Library, asSent: string, wording: Wording): Entry {
  const source = sourceOf(asSent.trim())
  if (source.type === 'both') {
    throw new Failure(400, `use either :local or :cloud, not both: ${JSON.stringify(asSent)}`)
  }
  if (source.type === 'cloud') throw new Failure(403, wording.cloud ?? texts.cloudOff)
  if (source.name === '') throw new Failure(...wording.empty)
  const name = parseName(source.name)
  if (name === undefined) throw new Failure(400, 'invalid model name')
  const entry = library.find(name, wording.isExact)
  if (entry === undefined) throw new Failure(404, wording.missing(asSent))
  return entry
}

/** Whether a model has a capability. */
export function can(entry: Entry, capability: Capability): boolean {
  return (entry.model.capabilities ?? ['completion']).includes(capability)
}

export const wordings = {
  generate: {
    empty: [404, "model '' not found"],
    missing: (asSent) => `model '${asSent}' not found`,
  },
  chat: {
    empty: [400, 'model is required'],
    missing: (asSent) => `model '${asSent}' not found`,
  },
  show: {
    empty: [400, 'model is required'],
    missing: (asSent) => `model '${asSent}' not found`,
    cloud: texts.cloudDetailsOff,
  },
  embed: {
    empty: [404, "model '' not found"],
    missing: (asSent) => `model ${JSON.stringify(asSent)} not found, try pulling it first`,
  },
  embeddings: {
    empty: [400, 'model is required'],
    missing: (asSent) => `model ${JSON.stringify(asSent)} not found, try pulling it first`,
    isExact: true,
  },
} as const satisfies Record<string, Wording>
