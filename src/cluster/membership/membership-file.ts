/**
 * Which cluster this node is of, on its disk. Whatever else is kept of a cluster bears the cluster's id, so that this one
 * file, replaced as a whole, decides: after a kill at any moment the node is in the old cluster or in the new one.
 */
import { z } from 'zod'
import { OdError } from '../../core/errors/index.ts'
import { readTextIfThere, writeWhole } from '../../sys/files.ts'
import { peerIdText } from './records.ts'

const membership = z.object({
  clusterId: z.string().regex(/^[0-9a-f]{1,64}$/),
  /** The node that keeps the state of the cluster. */
  holder: peerIdText,
  /** Where members were when this was written: the way back when nothing newer is known. */
  contacts: z.array(z.object({ peer: peerIdText, addresses: z.array(z.string()) })),
  /** How often this node has started; the newest start's word counts among the members. */
  starts: z.number().int().nonnegative(),
})
export type Membership = z.infer<typeof membership>

/** Undefined where there is none yet. Throws OD_MEMBERSHIP_DAMAGED. */
export async function membershipIn(path: string): Promise<Membership | undefined> {
  const text = await readTextIfThere(path)
  if (text === undefined) return undefined
  try {
    return membership.parse(JSON.parse(text))
  } catch (cause) {
    throw new OdError('OD_MEMBERSHIP_DAMAGED', { path }, { cause })
  }
}

export async function writeMembership(path: string, value: Membership): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}
