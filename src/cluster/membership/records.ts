/** What the store says of the cluster: keys and the JSON behind them. Other versions may have written it, so it is checked. */
import { z } from 'zod'
import { roles } from '../../core/role.ts'
import { type PeerId, parsePeerId } from '../identity/index.ts'
import { limits } from './limits.ts'

export const keys = {
  clusterId: 'cluster/id',
  members: 'members/',
  member: (peer: PeerId) => `members/${peer}`,
  tokens: 'tokens/',
  token: (id: string) => `tokens/${id}`,
  pending: 'pending/',
  waiting: (peer: PeerId) => `pending/${peer}`,
  removed: (peer: PeerId) => `removed/${peer}`,
} as const

/** People read it in a terminal, and strangers choose it: no characters that control one or turn text round. */
export const nodeName = z
  .string()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u)
  .max(limits.nameCharactersMax)
export const addressList = z
  .array(z.string().max(limits.addressCharactersMax))
  .max(limits.addressesMax)
const labelText = z
  .string()
  .regex(/^[\w./-]*$/)
  .max(limits.labelCharactersMax)
export const labels = z
  .record(labelText.min(1), labelText)
  .refine((all) => Object.keys(all).length <= limits.labelsMax)
const moment = z.number().int().nonnegative()
/** The id of a node, in text that came from elsewhere. */
export const peerIdText = z.string().transform((text, context): PeerId => {
  const read = parsePeerId(text)
  if (read !== undefined) return read
  context.addIssue('no id of a node')
  return z.NEVER
})

const member = z.object({
  name: nodeName,
  addresses: addressList,
  role: z.enum(roles),
  labels,
  isDraining: z.boolean(),
  /** Milliseconds since 1970, by the clock of the node that wrote it. */
  joinedMs: moment,
})
/** A node of the cluster, as it was when it joined or was changed by a person. */
export type MemberRecord = z.infer<typeof member>

const token = z.object({
  /** SHA-256 of the secret, in hexadecimal: who reads the store cannot join with it. */
  hash: z.string().length(64),
  usesLeft: z.number().int().nonnegative(),
  createdMs: moment,
  expiresMs: moment,
})
export type TokenRecord = z.infer<typeof token>

const waiting = z.object({
  name: nodeName,
  addresses: addressList,
  role: z.enum(roles),
  /** Address from which it asked. */
  from: z.string().max(64),
  firstAskedMs: moment,
  askedMs: moment,
})
/** A node that wants to join and showed no token. */
export type WaitingRecord = z.infer<typeof waiting>

const removed = z.object({ name: nodeName, removedMs: moment, isRejected: z.boolean() })
/** A node that was removed, or whose wish was rejected: it does not come back without a token. */
export type RemovedRecord = z.infer<typeof removed>

/** Undefined for a text that is no such record. */
function reader<Value>(schema: z.ZodType<Value>): (text: string | undefined) => Value | undefined {
  return (text) => {
    if (text === undefined) return undefined
    try {
      return schema.safeParse(JSON.parse(text)).data
    } catch {
      return undefined
    }
  }
}

export const readMember: (text: string | undefined) => MemberRecord | undefined = reader(member)
export const readToken: (text: string | undefined) => TokenRecord | undefined = reader(token)
export const readWaiting: (text: string | undefined) => WaitingRecord | undefined = reader(waiting)
export const readRemoved: (text: string | undefined) => RemovedRecord | undefined = reader(removed)

/** The peer at the end of a key; undefined for a key of something else. */
export function peerIn(key: string): PeerId | undefined {
  return parsePeerId(key.slice(key.lastIndexOf('/') + 1))
}

/** Entries of the store as records by peer; what cannot be read is left out. */
export function recordsByPeer<Value>(
  entries: readonly { readonly key: string; readonly value: string }[],
  read: (text: string) => Value | undefined,
): Map<PeerId, Value> {
  const found = new Map<PeerId, Value>()
  for (const { key, value } of entries) {
    const peer = peerIn(key)
    const record = read(value)
    if (peer !== undefined && record !== undefined) found.set(peer, record)
  }
  return found
}
