/** Many clients at once that check every answer of an engine, or of a gateway before engines. */
import { Agent } from 'undici'
import type { Clock } from '../../sys/clock.ts'
import type { Question } from './answer-check.ts'
import { ask } from './ask.ts'
import { type CheckSummary, Tally } from './tally.ts'

export interface CheckOptions {
  /** Origin, and path if any, without a slash at its end. */
  readonly baseUrl: string
  readonly model: string
  /** Questions in all. */
  readonly requests: number
  /** Questions at a time; each has a connection of its own, and there are never more connections. */
  readonly clients: number
  /** The engine's tokens are `t0 t1 t2 …`. */
  readonly isIndexed: boolean
  /** `num_predict` of every question. */
  readonly tokensMax: number
  /** An answer of which nothing comes for so long, in milliseconds, is given up. */
  readonly silenceMs: number
  readonly clock: Clock
  /** Ends the run early; questions that are still open then are not counted. */
  readonly signal: AbortSignal
}

/** The ways of asking, which take turns. */
const ways = [
  { api: 'generate', isStreamed: true },
  { api: 'chat', isStreamed: true },
  { api: 'generate', isStreamed: false },
  { api: 'chat', isStreamed: false },
] as const satisfies readonly Pick<Question, 'api' | 'isStreamed'>[]

/** Asks, and resolves with the summary once all answers are judged. Failures of the engine are verdicts, never rejections. */
export async function checkEngine(options: CheckOptions): Promise<CheckSummary> {
  const { baseUrl, model, requests, clients, isIndexed, tokensMax, silenceMs } = options
  const { clock, signal } = options
  const dispatcher = new Agent({
    connections: clients,
    pipelining: 0, // a new connection for each, so that no idle one that closes is taken for a failure
    connect: { timeout: silenceMs },
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
  })
  const tally = new Tally(clock.nowMs())
  let asked = 0
  const client = async (): Promise<void> => {
    while (asked < requests && !signal.aborted) {
      const number = asked++
      const way = ways[number % ways.length] ?? ways[0]
      const question = { ...way, model, isIndexed, tokensMax }
      const judged = await ask({ baseUrl, dispatcher, clock, signal }, question)
      if (judged !== undefined) tally.add(number, judged)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(clients, requests) }, client))
  } finally {
    await dispatcher.destroy()
  }
  return tally.summary(clock.nowMs())
}
