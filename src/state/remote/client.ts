/** The asking side: the store of another node, as if it was here. */
import { OdError } from '../../core/errors/index.ts'
import { checkKey, checkLeaseTime, checkPrefix, checkRange, checkTransaction } from '../check.ts'
import { stateLimits } from '../limits.ts'
import type { StateStore } from '../port.ts'
import { followRemote } from './client-watch.ts'
import { exchange } from './exchange.ts'
import type { ClientParts, RemoteStoreOptions } from './options.ts'
import { answers, statePaths } from './protocol.ts'
import { parseJson, refusalIn } from './refusal.ts'

/**
 * The store that another node serves with `serveState`. A call takes at most `remoteCallMs`. A watch survives broken
 * connections: it goes on from the last item that was taken. The carrier stays its owner's.
 */
export function remoteStateStore(options: RemoteStoreOptions): StateStore {
  const limits = options.limits ?? stateLimits
  const closing = new AbortController()
  const parts: ClientParts = { ...options, limits, closing: closing.signal }
  return {
    async get(key) {
      checkKey(key, limits)
      const { entry, at } = answerOf(await post('get', { key }, parts))
      return { entry, at }
    },
    async range(request) {
      checkRange(request, limits)
      return answerOf(await post('range', request, parts))
    },
    async transact(transaction) {
      checkTransaction(transaction, limits)
      const reply = await post('transact', transaction, parts)
      return reply.type === 'unknown'
        ? { outcome: 'unknown', reason: reply.reason }
        : answerOf(reply)
    },
    watch(request) {
      checkPrefix(request.prefix, limits)
      return followRemote(request, parts)
    },
    async grantLease(ttlMs) {
      checkLeaseTime(ttlMs, limits)
      return answerOf(await post('grantLease', { ttlMs }, parts))
    },
    keepAlive: async (lease) => answerOf(await post('keepAlive', { lease }, parts)),
    revokeLease: async (lease) => void answerOf(await post('revokeLease', { lease }, parts)),
    close: async () => closing.abort(),
  }
}

type Call = keyof typeof answers
type Answer<Name extends Call> = ReturnType<(typeof answers)[Name]['parse']>

/** `unknown`: it was sent, and no answer came that can be understood. */
type Reply<Value> =
  | { readonly type: 'answer'; readonly value: Value }
  | { readonly type: 'failed'; readonly error: OdError }
  | { readonly type: 'unknown'; readonly reason: string }

/** A read that was not answered changed nothing, so nothing about it is unknown. */
const reading: readonly Call[] = ['get', 'range']

async function post<Name extends Call>(
  call: Name,
  question: object,
  parts: ClientParts,
): Promise<Reply<Answer<Name>>> {
  const { status, text, failure } = await send(statePaths[call], JSON.stringify(question), parts)
  const body = failure === undefined ? parseJson(text) : undefined
  const answer = status === 200 ? answers[call].safeParse(body) : undefined
  if (answer?.success) return { type: 'answer', value: answer.data as Answer<Name> }
  const refused = refusalIn(body)
  if (refused !== undefined) return { type: 'failed', error: refused }
  const reason = failure?.reason ?? `its answer of status ${status} cannot be understood`
  const isUnknown = !reading.includes(call) && failure?.wasSent !== false
  if (isUnknown) return { type: 'unknown', reason }
  return { type: 'failed', error: new OdError('OD_STATE_UNAVAILABLE', { reason }) }
}

function answerOf<Value>(reply: Reply<Value>): Value {
  if (reply.type === 'failed') throw reply.error
  if (reply.type === 'unknown') throw new OdError('OD_STATE_UNKNOWN', { reason: reply.reason })
  return reply.value
}

interface WholeAnswer {
  readonly status: number
  readonly text: string
  readonly failure: { readonly wasSent: boolean; readonly reason: string } | undefined
}

/** Never rejects. */
function send(path: string, body: string, parts: ClientParts): Promise<WholeAnswer> {
  const { carrier, origin, clock, limits, closing } = parts
  const { remoteCallMs: silenceMs, remoteBytesMax } = limits
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let [status, bytes] = [0, 0]
    const settle = (failure?: WholeAnswer['failure']) => {
      cancel()
      resolve({ status, text: Buffer.concat(chunks).toString('utf8'), failure })
    }
    // Also for an answer that trickles in.
    const cancel = clock.after(silenceMs, () => sent.abort(`no answer within ${silenceMs} ms`))
    const request = { origin, path, body, silenceMs, signal: closing }
    const sent = exchange(carrier, request, clock, {
      head: (value) => {
        status = value
      },
      data(chunk) {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > remoteBytesMax) sent.abort('the answer is too long')
      },
      end: () => settle(),
      fail: (wasSent, reason) => settle({ wasSent, reason }),
    })
  })
}
