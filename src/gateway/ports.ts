import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Digest } from '../core/digest.ts'
import type { EngineView } from '../core/engine.ts'
import type { Admission, Entry, RelayOutcome } from '../core/engine-entry.ts'
import type { ModelName } from '../core/model-name.ts'

/** Carries requests to another node, as a pool of undici carries them to an engine. */
export type Link = Pick<Dispatcher, 'dispatch'>

/** The engines of one node behind their door. */
export interface OwnEngines {
  list(): readonly EngineView[]
  /** Resolves when an inference request may go to the engine, or is refused. Nothing else uses a slot of an engine. */
  enter(engineId: string, entry: Entry): Promise<Admission>
  /** Counts another request at an engine of this node as active until the returned function is called with what became of it. */
  begin(engineId: string): (outcome: RelayOutcome) => void
  /** Asks every running engine for its lists, unless they are younger than `maxAgeMs`; never takes over 300 ms. */
  refresh(maxAgeMs: number): Promise<void>
}

/**
 * The engines a gateway may send requests to, those of other nodes among them; `node/` provides it, whatever kinds of
 * engines there are. At an engine of another node everybody may enter here: its owner has the door.
 */
export interface Engines extends OwnEngines {
  /** As `list`, with all that is known of what engines of other nodes have: for lists that people and programs read. */
  listings(): readonly EngineView[]
  /** Resolves true as soon as one engine is `running`, false when `timeoutMs` is over or the signal fires. */
  untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  linkTo(node: string): Link
}

/** The models that lie on this node, for whoever pulls from it. */
export interface OwnModels {
  names(): Promise<readonly ModelName[]>
  /** As it lies there, byte for byte; undefined where there is none of that name. */
  manifest(name: ModelName): Promise<{ bytes: Uint8Array; digest: Digest } | undefined>
  /** Undefined where it is not there. Either `stream` or `close` must be called. */
  openBlob(digest: Digest): Promise<OpenBlob | undefined>
}

export interface OpenBlob {
  readonly sizeBytes: number
  /** Both ends included. */
  stream(first: number, last: number): Readable
  close(): Promise<void>
}
