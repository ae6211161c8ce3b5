interface Service {
  /** Moving average of the time from sending a request to the end of its answer. */
  meanMs: number
  count: number
  measuredMs: number
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

/**
 * What choosing remembers: when each engine had its last turn, and how long it took for each model of late. Changed in
 * place, because it learns from every request and a copy would cost each of them as much as there are models. `nowMs` is
 * monotonic.
 */
export class History {
  /** The number of the turn given last. */
  #turn = 0
  /** By engine; who is not in it had none. */
  readonly #turns = new Map<string, number>()
  /** By engine and model, the one measured last at the end. */
  readonly #services = new Map<string, Service>()

  /** The number of the engine's last turn; 0 when it had none. */
  lastTurn(engine: string): number {
    return this.#turns.get(engine) ?? 0
  }

  /** The engine has its turn now. Engines that are not in `present` are forgotten. */
  tookTurn(engine: string, present: readonly string[]): void {
    this.#turns.set(engine, ++this.#turn)
    if (this.#turns.size <= present.length) return
    for (const id of this.#turns.keys()) if (!present.includes(id)) this.#turns.delete(id)
  }

  /** An engine answered a request for a model to the end. */
  served(engine: string, model: string, durationMs: number, nowMs: number): void {
    const key = keyOf(engine, model)
    const known = this.#services.get(key)
    this.#services.delete(key) // so that it stands at the end
    const service =
      known === undefined || nowMs - known.measuredMs > limits.forgetMs
        ? { meanMs: durationMs, count: 0, measuredMs: nowMs }
        : known
    service.meanMs += limits.newestShare * (durationMs - service.meanMs)
    service.count += 1
    service.measuredMs = nowMs
    this.#services.set(key, service)
    if (this.#services.size <= limits.servicesMax) return
    const [oldest] = this.#services.keys()
    if (oldest !== undefined) this.#services.delete(oldest)
  }

  /** Milliseconds that the engine takes for an answer of the model, or undefined where too little is known. */
  serviceMs(engine: string, model: string, nowMs: number): number | undefined {
    const known = this.#services.get(keyOf(engine, model))
    if (known === undefined || known.count < limits.measuresMin) return undefined
    return nowMs - known.measuredMs > limits.forgetMs ? undefined : known.meanMs
  }
}

/** A canonical name of a model holds no blank. */
function keyOf(engine: string, model: string): string {
  return `${engine} ${model}`
}
