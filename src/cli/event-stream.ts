/** Server-sent events of a gateway. Source of the form: WHATWG HTML, section 9.2. */
import { Agent, request } from 'undici'
import { OdError } from '../core/errors/index.ts'
import { answerError, connectionError } from './answer-error.ts'
import type { FoundGateway } from './find-gateway.ts'
import type { ApiObject } from './gateway-client.ts'
import { limits } from './limits.ts'
import { parseObject } from './ndjson.ts'

/** One event; its data is always an object. */
export interface StreamedEvent {
  readonly type: string
  readonly data: ApiObject
}

/** The longest event: a line of a log has at most 8 KiB. */
const eventCharactersMax = 1024 * 1024

/** Events as they come, until the node ends the stream. Throws an `OdError` when there is none, or it breaks. */
export async function* streamEvents(
  { url, ifAbsent }: FoundGateway,
  path: string,
): AsyncGenerator<StreamedEvent> {
  const agent = new Agent({ connect: { timeout: limits.connectMs }, bodyTimeout: 0 })
  const answer = await request(`${url}${path}`, {
    dispatcher: agent,
    headersTimeout: limits.listMs,
  }).catch((error: unknown) => {
    throw ifAbsent ?? connectionError(error, url, limits.listMs)
  })
  if (answer.statusCode >= 400) {
    throw answerError(answer.statusCode, await answer.body.text(), url)
  }
  let held = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of answer.body) {
      const blocks = (held + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n')
      held = blocks.pop() ?? ''
      if (held.length > eventCharactersMax) {
        throw new OdError('OD_CLI_NOT_A_GATEWAY', { url, reason: 'an event is too long' })
      }
      for (const block of blocks) yield* eventOf(block)
    }
  } catch (error) {
    throw connectionError(error, url, 0)
  }
}

/** Nothing for a comment, and for what is no event of ours. */
function* eventOf(block: string): Generator<StreamedEvent> {
  const field = (name: string) => {
    const line = block.split('\n').find((one) => one.startsWith(`${name}: `))
    return line?.slice(name.length + 2)
  }
  const type = field('event')
  const data = parseObject(field('data') ?? '')
  if (type !== undefined && data !== undefined) yield { type, data }
}
