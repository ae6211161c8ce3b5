/** The member's side of joining: answers whoever asks over the join route. */
import type { PeerId } from '../../cluster/identity/index.ts'
import type { JoinAnswer, JoinRequest } from '../../cluster/links/index.ts'
import {
  type AdmittedBody,
  type JoinAnswerBody,
  membershipLimits,
  type Registry,
  readWish,
} from '../../cluster/membership/index.ts'
import { isOdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { ClusterMember } from './types.ts'

interface AdmittingOptions {
  readonly clock: Clock
  readonly log: Log
  readonly self: { readonly name: string }
  readonly registry: () => Registry
  readonly cluster: () => {
    readonly clusterId: string
    readonly holder: PeerId
    readonly members: readonly ClusterMember[]
  }
  /** Resolves when this node takes the peer for a member, or after some seconds. */
  readonly untilMember: (peer: PeerId) => Promise<void>
}

/** A list that a newcomer can take: it hears of the others from these. */
const membersToldMax = 1_000

export function joinAnswerer(options: AdmittingOptions) {
  return async (request: JoinRequest): Promise<JoinAnswer> => {
    const { log } = options
    const { peer, address } = request
    try {
      const { wish, nowMs } = readWish(request)
      const { outcome, proof } = await options.registry().admit(wish)
      log.info({ peer, name: wish.name, address, outcome }, 'join.answered')
      if (outcome === 'pending') {
        return answer(202, { outcome, node: options.self.name })
      }
      const clockOffMs = nowMs - options.clock.wallMs()
      await options.untilMember(peer) // its first words to a member are not to be refused
      return answer(200, {
        ...admitted(options, clockOffMs),
        ...(proof === undefined ? {} : { proof }),
      })
    } catch (error) {
      if (!isOdError(error)) throw error
      log.warn({ peer, address, code: error.code }, 'join.refused')
      const { code, parameters, httpStatus } = error
      return answer(httpStatus, { outcome: 'refused', code, parameters })
    }
  }
}

function admitted({ cluster, log }: AdmittingOptions, clockOffMs: number): AdmittedBody {
  const { clusterId, holder, members } = cluster()
  if (Math.abs(clockOffMs) > membershipLimits.clockOffMs) log.warn({ clockOffMs }, 'join.clock-off')
  const told = members.slice(0, membersToldMax).map(({ peer, name, addresses }) => ({
    peer,
    name,
    addresses: [...addresses].slice(0, membershipLimits.addressesMax),
  }))
  return { outcome: 'admitted', clusterId, holder, members: told, clockOffMs }
}

function answer(status: number, body: JoinAnswerBody): JoinAnswer {
  return { status, body: JSON.stringify(body) }
}
