import { Pool } from 'undici'
import { EnginePool } from './engine-http/engine-pool.ts'
import type { GatewayLimits } from './limits.ts'

/** Connections to engines, kept for reuse. */
export interface Pools {
  /** The pool of an engine's origin; pools of origins that no engine of `current` has any more are closed. */
  get(origin: string, current: readonly { readonly url: string }[]): Pool
  /** The same for requests that are there whole; undefined where the engine does not speak plain HTTP. */
  direct(origin: string, current: readonly { readonly url: string }[]): EnginePool | undefined
  /** Cuts every connection; safe to call twice. */
  destroy(): Promise<void>
}

/**
 * One undici pool per origin, without pipelining and without a cap on connections: how much an engine takes at once is
 * its own queue's business. Waiting for headers and for body bytes has no limit, because loading a large model or
 * reading a long prompt takes minutes in which an engine says nothing (ollama-api §2.15).
 */
export function makePools(limits: GatewayLimits): Pools {
  const pools = new Map<string, Pool>()
  const direct = new Map<string, EnginePool>()
  return {
    get(origin, current) {
      const found = pools.get(origin)
      if (found !== undefined) return found
      for (const [other, pool] of pools) {
        if (current.some(({ url }) => url === other)) continue
        pools.delete(other)
        void pool.close() // resolves when its last answer has gone out; never rejects
      }
      const made = new Pool(origin, {
        headersTimeout: 0,
        bodyTimeout: 0,
        connectTimeout: limits.connectMs,
        keepAliveTimeout: limits.upstreamIdleMs,
        allowH2: false,
      })
      pools.set(origin, made)
      return made
    },
    direct(origin, current) {
      const found = direct.get(origin)
      if (found !== undefined) return found
      if (!origin.startsWith('http://')) return undefined
      for (const [other, pool] of direct) {
        if (current.some(({ url }) => url === other)) continue
        direct.delete(other)
        pool.close()
      }
      const made = new EnginePool(origin, {
        connectMs: limits.connectMs,
        idleMs: limits.upstreamIdleMs,
      })
      direct.set(origin, made)
      return made
    },
    async destroy() {
      for (const pool of direct.values()) pool.destroy()
      direct.clear()
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
      pools.clear()
    },
  }
}
