import type { GatewayLimits } from '../../src/gateway/index.ts'
import {
  answerJson,
  type ScriptedUpstream,
  type Turn,
} from '../integration/gateway/scripted-upstream.ts'
import { type Bench, startBench, startEngine } from '../integration/gateway/setup.ts'
import { connectRaw, headerOf, type RawAnswer } from '../support/raw-http.ts'
import { within } from '../support/until.ts'

/** Everything that takes time or memory, at a size that a test can wait for. */
const smallLimits: Partial<GatewayLimits> = {
  headersMs: 500,
  bodyMs: 1_500,
  bodyRateAfterMs: 300,
  clientBodyBytesMax: 1024 * 1024,
  keepAliveIdleMs: 500,
  connectionsMax: 300,
  lingerMs: 100,
  stalledReaderMs: 500,
  upstreamIdleMs: 200,
  dropReportMs: 100,
}

/** A gateway under attack, in front of an engine that answers `{"ok":1}` to all it hears. */
export interface Ground extends Bench {
  readonly engine: ScriptedUpstream
}

/** Starts one. Its limits are small unless given. */
export async function startGround(
  options: {
    limits?: Partial<GatewayLimits>
    origins?: readonly string[]
    script?: (turn: Turn) => void | Promise<void>
  } = {},
): Promise<Ground> {
  const engine = await startEngine(options.script ?? answerOnce)
  const limits = { ...smallLimits, ...options.limits }
  const bench = await startBench([{ id: 'local', url: engine.url }], {
    limits,
    ...(options.origins === undefined ? {} : { origins: options.origins }),
  })
  return { ...bench, engine }
}

/** Sends bytes as they are and reads one answer. `after`: what becomes of the connection then. */
export async function attack(
  origin: string,
  bytes: string | Uint8Array,
): Promise<RawAnswer & { readonly after: 'bytes' | 'closed' | 'open' }> {
  const connection = await connectRaw(origin)
  try {
    await connection.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    const answer = await within('an answer or the end', connection.answer(), 5_000)
    const isEnding = answer.status === 0 || headerOf(answer, 'connection') === 'close'
    return { ...answer, after: isEnding ? await connection.idle(5_000) : 'open' }
  } finally {
    connection.socket.destroy()
  }
}

/** The text of an error in Ollama's form; undefined when the body is none. */
export function errorText({ body }: RawAnswer): string | undefined {
  const text = body.toString()
  return text.startsWith('{') ? JSON.parse(text).error : undefined
}

/** The connection ends with the answer, so that none is left to be counted. */
function answerOnce({ response }: Turn): void {
  response.shouldKeepAlive = false
  answerJson(response, 200, '{"ok":1}')
}
