/** What goes over the join route of links: a wish, and what became of it. JSON; whatever comes in is checked. */
import { z } from 'zod'
import { OdError } from '../../core/errors/index.ts'
import { roles } from '../../core/role.ts'
import type { PeerId } from '../identity/index.ts'
import { limits } from './limits.ts'
import { addressList, labels, nodeName, peerIdText } from './records.ts'
import type { Wish } from './wish.ts'

/** Of a token, as `proofOf` writes it. */
const proof = z.string().regex(/^[0-9a-f]{64}$/)

const wishBody = z.object({
  protocol: z.number(),
  version: z.string().max(64),
  name: nodeName,
  addresses: addressList,
  role: z.enum(roles),
  labels,
  /** A token that the newcomer knows: its id, and `proofOf` it. */
  token: z.object({ id: z.string().regex(/^[0-9a-f]{8}$/), proof }).exactOptional(),
  /** The newcomer's clock, milliseconds since 1970. */
  nowMs: z.number(),
})
export type WishBody = z.infer<typeof wishBody>

const admitted = z.object({
  outcome: z.literal('admitted'),
  clusterId: z.string().min(1).max(64),
  /** Who keeps the state of the cluster. */
  holder: peerIdText,
  members: z
    .array(z.object({ peer: peerIdText, name: nodeName, addresses: addressList }))
    .max(10_000),
  /** How far the newcomer's clock is ahead. */
  clockOffMs: z.number(),
  /** That this member knows the token that was shown. */
  proof: proof.exactOptional(),
})
/** What a node needs to be one of the cluster. */
export type AdmittedBody = z.infer<typeof admitted>

const answerBody = z.union([
  admitted,
  z.object({ outcome: z.literal('pending'), node: nodeName }),
  z.object({
    outcome: z.literal('refused'),
    code: z.string().max(64),
    parameters: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
])
export type JoinAnswerBody = z.infer<typeof answerBody>

/** Reads a wish. Throws OD_JOIN_REQUEST and OD_JOIN_VERSION. */
export function readWish(from: { peer: PeerId; address: string; body: Uint8Array }): {
  readonly wish: Wish
  readonly nowMs: number
} {
  const parsed = wishBody.safeParse(parse(from.body))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const problem = `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'wrong'}`
    throw new OdError('OD_JOIN_REQUEST', { problem })
  }
  const { protocol, token, name, addresses, role, labels: own, nowMs } = parsed.data
  if (protocol !== limits.protocol) {
    throw new OdError('OD_JOIN_VERSION', { theirs: protocol, ours: limits.protocol })
  }
  const { peer: asking, address } = from
  const wish = { peer: asking, name, addresses, role, labels: own, token, from: address }
  return { wish, nowMs }
}

/** Undefined for what no answer is. */
export function readJoinAnswer(body: Uint8Array): JoinAnswerBody | undefined {
  return answerBody.safeParse(parse(body)).data
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}
