/**
 * What choosing remembers: when each engine had its last turn, and how long it took for each model of late. Pure; the
 * maps are never changed. `nowMs` is monotonic.
 */
export interface History {
  /** The number of the turn given last. */
  readonly turn: number
  /** By engine; who is not in it had none. */
  readonly turns: ReadonlyMap<string, number>
  /** By engine and model, the one measured last at the end. */
  readonly services: ReadonlyMap<string, Service>
}

interface Service {
  /** Moving average of the time from sending a request to the end of its answer. */
  readonly meanMs: number
  readonly count: number
  readonly measuredMs: number
}

/** Each bound with its reason. */
export const limits = {
  /** About the last eight answers count: fewer is noise, more notices a change too late. */
  newestShare: 0.25,
  /** One long answer says nothing about its engine. */
  measuresMin: 3,
  /** What was slow a minute ago may not be any more, and only a request can tell. */
  forgetMs: 60_000,
  /** Pairs of engine and model that are remembered; the oldest go first. */
  servicesMax: 1_024,
} as const

export const noHistory: History = { turn: 0, turns: new Map(), services: new Map() }

/** The engine has its turn now. Engines that are not in `present` are forgotten. */
export function tookTurn(history: History, engine: string, present: readonly string[]): History {
  const turn = history.turn + 1
  const known = present.flatMap((id) => {
    const last = id === engine ? turn : history.turns.get(id)
    return last === undefined ? [] : [[id, last] as const]
  })
  return { ...history, turn, turns: new Map(known) }
}

/** An engine answered a request for a model to the end. */
export function served(
  history: History,
  { engine, model, durationMs }: { engine: string; model: string; durationMs: number },
  nowMs: number,
): History {
  const key = keyOf(engine, model)
  const services = new Map(history.services)
  const known = services.get(key)
  const { meanMs, count } =
    known === undefined || nowMs - known.measuredMs > limits.forgetMs
      ? { meanMs: durationMs, count: 0 }
      : known
  services.delete(key)
  services.set(key, {
    meanMs: meanMs + limits.newestShare * (durationMs - meanMs),
    count: count + 1,
    measuredMs: nowMs,
  })
  const [oldest] = services.keys()
  if (services.size > limits.servicesMax && oldest !== undefined) services.delete(oldest)
  return { ...history, services }
}

/** Milliseconds that the engine takes for an answer of the model, or undefined where too little is known. */
export function serviceMs(
  { services }: History,
  engine: string,
  model: string,
  nowMs: number,
): number | undefined {
  const known = services.get(keyOf(engine, model))
  if (known === undefined || known.count < limits.measuresMin) return undefined
  return nowMs - known.measuredMs > limits.forgetMs ? undefined : known.meanMs
}

/** A canonical name of a model holds no blank. */
function keyOf(engine: string, model: string): string {
  return `${engine} ${model}`
}
