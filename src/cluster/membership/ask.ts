/** The newcomer's side of joining: one question to one member. */
import { catalogue, type ErrorCode, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Multiaddress, PeerId } from '../identity/index.ts'
import { callLink, joinPath, type LinksClient } from '../links/index.ts'
import { type AdmittedBody, readJoinAnswer, type WishBody } from './join-protocol.ts'

/** An address of a node whose name is known. */
export type PeerAddress = Multiaddress & { readonly peer: PeerId }

/** An answer with a thousand members has some 300 KB. */
const answerBytesMax = 8 * 1024 * 1024
/** As long as the other side lets a stranger ask. */
const timeoutMs = 30_000

/**
 * Asks one member to be admitted. Throws OD_LINK_… when it cannot be asked, and OD_JOIN_… when it refuses. `node` is the
 * name of the one that was asked.
 */
export async function askToJoin(
  links: LinksClient,
  { peer, ...address }: PeerAddress,
  wish: WishBody,
  clock: Clock,
): Promise<AdmittedBody | { readonly outcome: 'pending'; readonly node: string }> {
  const link = links.to(peer, [address])
  const call = {
    peer,
    method: 'POST',
    path: joinPath,
    body: JSON.stringify(wish),
    timeoutMs,
    answerBytesMax,
  } as const
  const { status, body } = await callLink(link, call, clock)
  const answer = readJoinAnswer(body)
  if (answer === undefined) throw new OdError('OD_JOIN_ANSWER', { peer, status })
  if (answer.outcome !== 'refused') return answer
  const { code, parameters } = answer
  if (!Object.hasOwn(catalogue, code)) throw new OdError('OD_JOIN_ANSWER', { peer, status })
  throw new OdError(code as ErrorCode, parameters)
}
