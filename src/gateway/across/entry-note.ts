import type { IncomingHttpHeaders } from 'node:http'
import type { Refusal } from '../../core/engine-entry.ts'
import { canonicalName, parseModelName } from '../../core/model-name.ts'
import type { UpstreamFailure } from '../upstream.ts'

/** Below it every engine of a node has its routes on links: `<path>/<engine>/api/…`. */
export const enginesPath = '/link/v1/engines'

/**
 * How a request comes in. `now`: into the engine at once or not at all, because another may have room; `wait`: in its turn;
 * `beside`: it takes no place, as what is only looked up.
 */
export const entryModes = ['now', 'wait', 'beside'] as const
export type EntryMode = (typeof entryModes)[number]

/** What the gateway that a request came to tells the owner of an engine, in headers that no client can set. */
export interface EntryNote {
  readonly requestId: string
  /** Whose request it is, as `Entry.key`. */
  readonly key: string
  /** Canonical name. */
  readonly model: string | undefined
  readonly mode: EntryMode
}

/** Why the owner has no answer of the engine: its door, or what became of the engine. */
export type OwnerRefusal = Refusal | UpstreamFailure
const refusals: readonly string[] = ['full', 'late', 'gone', 'unreachable', 'died']

export const refusedHeader = 'x-od-refused'
/** Milliseconds that the request waited at the owner for its turn. */
export const waitedHeader = 'x-od-waited-ms'

/** Names and values in turn. */
export function noteHeaders({ requestId, key, model, mode }: EntryNote): string[] {
  const headers = ['x-od-request-id', requestId, 'x-od-entry', mode]
  if (key !== '') headers.push('x-od-key', key)
  if (model !== undefined) headers.push('x-od-model', model)
  return headers
}

/** Undefined when a member sent something else; requests of a node are not believed for being a node's. */
export function readNote(headers: IncomingHttpHeaders): EntryNote | undefined {
  const requestId = textOf(headers['x-od-request-id'])
  const key = textOf(headers['x-od-key'])
  const mode = entryModes.find((one) => one === headers['x-od-entry'])
  const model = textOf(headers['x-od-model'])
  const isModel = model === '' || isCanonical(model)
  if (!/^[\w.-]{1,64}$/.test(requestId) || !/^[!-~]{0,128}$/.test(key)) return undefined
  if (mode === undefined || !isModel) return undefined
  return { requestId, key, mode, model: model === '' ? undefined : model }
}

/** The owner's word in the headers of its answer, as they stand on the wire; undefined where the engine answers. */
export function refusalIn(value: string | undefined): OwnerRefusal | undefined {
  return refusals.includes(value ?? '') ? (value as OwnerRefusal) : undefined
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function isCanonical(text: string): boolean {
  const name = parseModelName(text)
  return name !== undefined && canonicalName(name) === text
}
