import { OdError } from '../core/errors/index.ts'
import { type Strategy, strategies } from '../core/strategy.ts'
import type { Clock } from '../sys/clock.ts'
import { amongRunning, type Ejections, ended, sent, type Verdict } from './ejection.ts'
import { History } from './history.ts'
import { type Question, type Ranking, rankEngines } from './rank.ts'

/** Chooses engines, and learns from what came of it. */
export interface Router {
  rank(question: Question): Ranking
  /** A request is sent to this one first; the others that it may come to are no choice of ours. */
  tried(engine: string, question: Question): void
  /** A request goes out to the engine; `ended` follows. */
  sent(engine: string): void
  /** It ended so long after it was sent. */
  ended(engine: string, model: string | undefined, verdict: Verdict, durationMs: number): void
  readonly strategy: Strategy
  /** Chooses in another way from now on. Throws OD_STRATEGY_UNKNOWN. */
  use(name: string): void
}

/** Starts with nothing learnt. */
export function startRouter(clock: Clock, first: Strategy): Router {
  let strategy = first
  const history = new History()
  let ejections: Ejections = new Map()
  return {
    rank(question) {
      ejections = amongRunning(ejections, question.engines)
      return rankEngines(strategy, question, { history, ejections }, clock.nowMs())
    },
    tried(engine, { engines }) {
      history.tookTurn(
        engine,
        engines.map(({ id }) => id),
      )
    },
    sent(engine) {
      ejections = sent(ejections, engine, clock.nowMs())
    },
    ended(engine, model, verdict, durationMs) {
      const nowMs = clock.nowMs()
      ejections = ended(ejections, engine, { verdict, sentMs: nowMs - durationMs }, nowMs)
      if (verdict !== 'answered' || model === undefined) return
      history.served(engine, model, durationMs, nowMs)
    },
    get strategy() {
      return strategy
    },
    use(name) {
      const known = strategies.find((one) => one === name)
      if (known === undefined) {
        throw new OdError('OD_STRATEGY_UNKNOWN', { name, valid: strategies.join(', ') })
      }
      strategy = known
    },
  }
}
