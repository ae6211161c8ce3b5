/**
 * The port over HTTP. Every call is a POST with a JSON body; a watch is answered with a line of JSON per item until one
 * side ends it. Whatever a node sends is data to be checked: unknown members are refused, so are texts beyond the bounds
 * (by the store itself).
 */
import { z } from 'zod'

/** Paths of the calls. */
export const statePaths = {
  get: '/state/v1/get',
  range: '/state/v1/range',
  transact: '/state/v1/transact',
  grantLease: '/state/v1/leases/grant',
  keepAlive: '/state/v1/leases/keep-alive',
  revokeLease: '/state/v1/leases/revoke',
  watch: '/state/v1/watch',
} as const

const revision = z.number().int().nonnegative()
const position = z.strictObject({ epoch: z.string().max(64), revision })
const lease = z.string().min(1).max(64)
const key = z.string()
const value = z.string()

const condition = z.union([
  z.strictObject({ key, is: z.literal('absent') }),
  z.strictObject({ key, revision }),
  z.strictObject({ key, value }),
])
const write = z.union([
  z.strictObject({ put: key, value, lease: lease.exactOptional() }),
  z.strictObject({ delete: key }),
])

/** What each call is asked with. */
export const questions = {
  get: z.strictObject({ key }),
  range: z.strictObject({
    prefix: z.string(),
    limit: z.number().exactOptional(),
    page: z.strictObject({ after: key, at: position }).exactOptional(),
  }),
  transact: z.strictObject({ conditions: z.array(condition), writes: z.array(write) }),
  grantLease: z.strictObject({ ttlMs: z.number() }),
  keepAlive: z.strictObject({ lease }),
  revokeLease: z.strictObject({ lease }),
  watch: z.strictObject({ prefix: z.string(), after: position }),
} as const

const entry = z.object({ key, value, created: revision, revision, lease: lease.exactOptional() })
const granted = z.object({ id: lease, ttlMs: z.number() })

/** What each call is answered with; a newer store may add members. */
export const answers = {
  get: z.object({ entry: entry.optional(), at: position }),
  range: z.object({
    entries: z.array(entry),
    at: position,
    next: z.object({ after: key, at: position }).exactOptional(),
  }),
  transact: z.union([
    z.object({ outcome: z.enum(['committed', 'conflict']), at: position }),
    z.object({ outcome: z.literal('unknown'), reason: z.string() }),
  ]),
  grantLease: granted,
  keepAlive: granted,
  revokeLease: z.object({}),
} as const

/** An item of a watch, one per line. */
export const watchItem = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('changes'),
    at: position,
    changes: z.array(
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('put'), entry }),
        z.object({ type: z.literal('delete'), key }),
      ]),
    ),
  }),
  z.object({ type: z.literal('progress'), at: position }),
  z.object({ type: z.literal('reset'), reason: z.enum(['compacted', 'replaced']) }),
])

/** A call that certainly changed nothing, unless the code is `OD_STATE_UNKNOWN`. */
export const refusal = z.object({
  error: z.object({
    code: z.string(),
    parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
})
