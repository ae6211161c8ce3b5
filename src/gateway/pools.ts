import { Pool } from 'undici'
import type { Clock } from '../sys/clock.ts'
import { EnginePool } from './engine-http/engine-pool.ts'
import type { GatewayLimits } from './limits.ts'
import {
  callUpstream,
  type UpstreamCall,
  type UpstreamListener,
  type UpstreamRequest,
} from './upstream.ts'

/** An engine's origin. */
interface Origin {
  readonly url: string
}

/** Connections to engines, kept for reuse. */
export interface Pools {
  /** Sends a request to an engine; connections to those that are no more among `current` are closed. */
  send(
    to: Origin,
    current: readonly Origin[],
    request: UpstreamRequest,
    listener: UpstreamListener,
  ): UpstreamCall
  /** Cuts every connection; safe to call twice. */
  destroy(): Promise<void>
}

/**
 * Two pools per origin, without pipelining and without a cap on connections: how much an engine takes at once is its own
 * queue's business. Waiting for headers and for body bytes has no limit, because loading a large model or reading a long
 * prompt takes minutes in which an engine says nothing (ollama-api §2.15). What is there whole goes out by connections of
 * our own, at half the price; streams and other methods by undici.
 */
export function makePools(limits: GatewayLimits, clock: Clock): Pools {
  const bounds = { connectMs: limits.connectMs, idleMs: limits.upstreamIdleMs }
  const streaming = new PoolsOf(
    (origin) =>
      new Pool(origin, {
        headersTimeout: 0,
        bodyTimeout: 0,
        connectTimeout: bounds.connectMs,
        keepAliveTimeout: bounds.idleMs,
        allowH2: false,
      }),
  )
  const whole = new PoolsOf((origin) => new EnginePool(origin, bounds, clock))
  return {
    send({ url }, current, request, listener) {
      const { method, body } = request
      if (method === 'POST' && body instanceof Uint8Array && url.startsWith('http://')) {
        return whole.get(url, current).send({ ...request, body }, listener)
      }
      return callUpstream(streaming.get(url, current), request, listener)
    },
    async destroy() {
      await Promise.all([streaming.destroy(), whole.destroy()])
    },
  }
}

/** One pool per origin. */
class PoolsOf<Kind extends Pick<Pool, 'close' | 'destroy'> | EnginePool> {
  readonly #pools = new Map<string, Kind>()
  readonly #make: (origin: string) => Kind

  constructor(make: (origin: string) => Kind) {
    this.#make = make
  }

  get(origin: string, current: readonly Origin[]): Kind {
    const found = this.#pools.get(origin)
    if (found !== undefined) return found
    for (const [other, pool] of this.#pools) {
      if (current.some(({ url }) => url === other)) continue
      this.#pools.delete(other)
      void pool.close() // ends when its last answer has gone out; never rejects
    }
    const made = this.#make(origin)
    this.#pools.set(origin, made)
    return made
  }

  async destroy(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    for (const pool of pools) await pool.destroy()
  }
}
