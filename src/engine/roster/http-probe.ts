import { Agent, type Dispatcher, request } from 'undici'
import type { Clock } from '../../sys/clock.ts'
import type { ProbeAnswer } from './member.ts'
import { livenessText, readLoaded, readModels, readVersion } from './ollama-answers.ts'

/** What came of asking an engine; `reason` is one short clause. */
export type ProbeResult =
  | { readonly ok: true; readonly answer: ProbeAnswer }
  | { readonly ok: false; readonly reason: string }

/** Asks an engine how it is; never rejects. The signal ends the asking. */
export type ProbeEngine = (url: string, signal: AbortSignal) => Promise<ProbeResult>

export interface HttpProbe {
  readonly probe: ProbeEngine
  /** Closes its connections; what is being asked fails. */
  close(): Promise<void>
}

/** Each bound with its reason. */
export const probeLimits = {
  /** Engines are on this machine or its network; a listener that takes longer has a full backlog. */
  connectMs: 1_000,
  /**
   * `/api/version` touches neither disk nor model. Three of these in a row with the pauses between them stay under
   * `wholeMs`, so that a hanging engine is known to hang within one interval and one `wholeMs`.
   */
  versionMs: 1_500,
  /** The lists wait for a disk, and in Ollama up to 5 s for memory that an unloaded model gives back. */
  wholeMs: 5_000,
  /** A list entry takes about 600 bytes; this is a store of 25,000 models. */
  answerBytesMax: 16 * 1024 * 1024,
} as const

/**
 * Asks with HTTP: `/api/version` is cheap and decides at once; `/api/tags` and `/api/ps`, which need the engine's disk and
 * its scheduler, are asked beside it and may be late now and then.
 */
export function createHttpProbe(clock: Clock): HttpProbe {
  const agent = openAgent()
  return {
    probe: (url, signal) =>
      withDeadline(clock, probeLimits.wholeMs, signal, async (whole) => {
        const lists = askLists(agent, url, whole)
        const version = await withDeadline(clock, probeLimits.versionMs, whole, (quick) =>
          ask(agent, url, '/api/version', quick),
        )
        if (!version.ok) return version
        const name = readVersion(parse(version.text))
        if (name === undefined) return notOllama
        return { ok: true, answer: { version: name, ...(await lists) } }
      }),
    close: () => agent.destroy(),
  }
}

/**
 * True when the server at that origin is an Ollama: it says so at `/`, and gives a version as Ollama does. False for
 * anything else, for a server that does not answer in time, and when nobody listens.
 */
export async function looksLikeOllama(url: string, clock: Clock): Promise<boolean> {
  const agent = openAgent()
  const never = new AbortController().signal
  try {
    return await withDeadline(clock, probeLimits.wholeMs, never, async (signal) => {
      const [liveness, version] = await Promise.all([
        ask(agent, url, '/', signal),
        ask(agent, url, '/api/version', signal),
      ])
      if (!liveness.ok || !version.ok) return false
      return liveness.text.trim() === livenessText && readVersion(parse(version.text)) !== undefined
    })
  } finally {
    await agent.destroy()
  }
}

type Answer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string }

const notOllama = { ok: false, reason: 'it does not answer as Ollama does' } as const

/** Every answer of a gateway of ours has it. Two gateways that were each other's engines would pass a request for ever. */
const gatewayHeader = 'x-od-request-id'
const isGateway = 'it is a gateway of ollama-distributed, not an engine'

const silence = 'it does not answer in time'

/** A fresh connection for every question: a kept one would not show that nobody accepts any more. */
function openAgent(): Agent {
  return new Agent({
    pipelining: 0,
    connect: { timeout: probeLimits.connectMs },
    maxResponseSize: probeLimits.answerBytesMax,
    headersTimeout: 0, // the deadlines above bound both
    bodyTimeout: 0,
  })
}

async function askLists(
  agent: Agent,
  url: string,
  signal: AbortSignal,
): Promise<Omit<ProbeAnswer, 'version'>> {
  const [tags, ps] = await Promise.all([
    ask(agent, url, '/api/tags', signal),
    ask(agent, url, '/api/ps', signal),
  ])
  if (!tags.ok || !ps.ok) {
    const areListsLate = [tags, ps].some((one) => !one.ok && one.reason === silence)
    return { lists: undefined, areListsLate }
  }
  const models = readModels(parse(tags.text))
  const loaded = readLoaded(parse(ps.text))
  return { lists: models && loaded && { models, loaded }, areListsLate: false }
}

async function ask(agent: Agent, url: string, path: string, signal: AbortSignal): Promise<Answer> {
  try {
    const { statusCode, headers, body } = await request(new URL(path, url), {
      dispatcher: agent,
      signal,
    })
    if (headers[gatewayHeader] !== undefined) return dropped(body, isGateway)
    const text = await body.text()
    if (statusCode === 200) return { ok: true, text }
    return statusCode >= 500 ? { ok: false, reason: `it answers with ${statusCode}` } : notOllama
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}

/** Reads no further; the reason stands whatever follows. */
function dropped(body: Dispatcher.ResponseData['body'], reason: string): Answer {
  body.on('error', () => undefined).destroy()
  return { ok: false, reason }
}

function reasonOf(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string }
  if (name === 'AbortError') return silence
  if (code === 'ECONNREFUSED') return 'it refuses connections'
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'it does not accept connections'
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' || name === 'HTTPParserError') {
    return notOllama.reason
  }
  return `it cannot be asked (${code ?? name ?? 'unknown'})`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // no JSON, so it is not what we asked for
  }
}

/** Runs `action` with a signal that fires when the time is over, when `outer` fires, and when the action is done. */
async function withDeadline<Result>(
  clock: Clock,
  delayMs: number,
  outer: AbortSignal,
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const cancelTimer = clock.after(delayMs, abort)
  outer.addEventListener('abort', abort)
  if (outer.aborted) abort()
  try {
    return await action(controller.signal)
  } finally {
    cancelTimer()
    outer.removeEventListener('abort', abort)
    abort()
  }
}
