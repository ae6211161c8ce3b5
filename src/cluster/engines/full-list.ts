/** All that a node knows of its engines, as one node tells another that asks: what lists for clients are made of. */
import { z } from 'zod'
import {
  type EngineView,
  engineIdAt,
  engineKinds,
  engineNamePattern,
  engineStates,
  enginesMax,
} from '../../core/engine.ts'
import { limits } from './limits.ts'

const name = z.string().min(1).max(limits.nameCharactersMax)
const moment = z.string().max(100)
const count = z.int().min(0)

/** Entries are kept as they came, the order of their keys included: zod would put those that it knows in front. */
function entriesOf(entry: z.ZodType) {
  const isEntry = (value: unknown) => entry.safeParse(value).success
  return z.array(z.custom(isEntry)).max(limits.listModelsMax)
}

const view = z.object({
  id: z.string().regex(engineNamePattern),
  kind: z.enum(engineKinds),
  url: z.url().max(200),
  managed: z.boolean(),
  state: z.enum(engineStates),
  sinceMs: z.number(),
  reason: z.string().max(1_000),
  pid: z.int().optional(),
  startedMs: z.number().optional(),
  version: z.string().max(100).optional(),
  models: entriesOf(z.looseObject({ name, digest: moment, modified_at: moment })),
  loaded: entriesOf(z.looseObject({ name, digest: moment, expires_at: moment })),
  activeRequests: count,
  queuedRequests: count.optional(),
  slots: count.optional(),
  lastProbe: z.object({ atMs: z.number(), ok: z.boolean(), durationMs: z.number() }).optional(),
})

const list = z.object({ engines: z.array(z.unknown()).max(enginesMax) })

/** The text of an answer. */
export function encodeFullList(engines: readonly EngineView[]): string {
  return JSON.stringify({ engines })
}

/** The engines under the ids that they have here; undefined when it is no list. One engine that is wrong is left out. */
export function readFullList(bytes: Uint8Array, node: string): readonly EngineView[] | undefined {
  const read = list.safeParse(parseJson(bytes))
  if (!read.success) return undefined
  return read.data.engines.flatMap((one) => {
    const { data } = view.safeParse(one)
    return data === undefined
      ? []
      : [{ ...data, id: engineIdAt(node, data.id), node } as EngineView]
  })
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return undefined
  }
}
