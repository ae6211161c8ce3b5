import { expect } from 'vitest'
import type { GatewayLimits } from '../../src/gateway/index.ts'
import {
  answerJson,
  type ScriptedUpstream,
  type Turn,
} from '../integration/gateway/scripted-upstream.ts'
import { type Bench, startBench, startEngine } from '../integration/gateway/setup.ts'
import { connectRaw, headerOf, type RawAnswer } from '../support/raw-http.ts'
import { until, within } from '../support/until.ts'

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
}

/** A gateway under attack, in front of an engine that answers `{"ok":1}` to all it hears. */
export interface Ground extends Bench {
  readonly engine: ScriptedUpstream
  /** What must hold after every attack; throws where it does not. */
  readonly mustStand: () => Promise<void>
}

/** Starts one. Its limits are small unless given. */
export async function startGround(
  options: {
    limits?: Partial<GatewayLimits>
    origins?: readonly string[]
    script?: (turn: Turn) => void | Promise<void>
  } = {},
): Promise<Ground> {
  const before = countHandles()
  const engine = await startEngine(options.script ?? answerOnce)
  const limits = { ...smallLimits, ...options.limits }
  const bench = await startBench([{ id: 'local', url: engine.url }], {
    limits,
    ...(options.origins === undefined ? {} : { origins: options.origins }),
  })
  const mustStand = async () => {
    await until('room for one more', async () => (await probe(bench.origin)) < 1_000)
    await until('no request is left at the engine', () => idle(bench))
    await until('no socket or child is left', () => countHandles() <= before)
    expect(bench.logged('request.bug')).toEqual([])
  }
  return { ...bench, engine, mustStand }
}

/** Time of a normal request, in milliseconds. Throws when it is not answered as it should be. */
export async function probe(origin: string): Promise<number> {
  const startedMs = performance.now()
  const connection = await connectRaw(origin)
  try {
    await connection.request({ path: '/', headers: [['Connection', 'close']] })
    const answer = await within('a normal answer', connection.answer(), 1_000)
    expect(answer.body.toString()).toBe('Ollama is running')
    return performance.now() - startedMs
  } finally {
    connection.socket.destroy()
  }
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

function idle({ engines }: Bench): boolean {
  return engines.list().every(({ activeRequests }) => activeRequests === 0)
}

/** Connections and child processes of this process, in which the gateway runs. */
function countHandles(): number {
  const held = process.getActiveResourcesInfo()
  return held.filter((name) => name === 'TCPSocketWrap' || name === 'ProcessWrap').length
}
