import type { LinkLimits } from './limits.ts'

const minuteMs = 60_000

/** Sources remembered; beyond, the one that asked first is forgotten, and the limit for all of them still holds. */
const sourcesMax = 1_024

/** What may still be taken, and when that was so. */
interface Bucket {
  tokens: number
  atMs: number
}

/** How often strangers may ask to join: token buckets, one per source and one for all, each full at the start. */
export class JoinRate {
  readonly #limits: Pick<LinkLimits, 'joinsPerMinute' | 'joinsPerSourceAndMinute'>
  readonly #sources = new Map<string, Bucket>()
  readonly #all: Bucket

  constructor(limits: Pick<LinkLimits, 'joinsPerMinute' | 'joinsPerSourceAndMinute'>) {
    this.#limits = limits
    this.#all = { tokens: limits.joinsPerMinute, atMs: 0 }
  }

  /** True when this one may ask now. Who may not takes nothing from others. */
  take(source: string, nowMs: number): boolean {
    const { joinsPerMinute, joinsPerSourceAndMinute } = this.#limits
    const own = this.#sources.get(source) ?? { tokens: joinsPerSourceAndMinute, atMs: nowMs }
    refill(own, joinsPerSourceAndMinute, nowMs)
    refill(this.#all, joinsPerMinute, nowMs)
    this.#remember(source, own)
    if (own.tokens < 1 || this.#all.tokens < 1) return false
    own.tokens--
    this.#all.tokens--
    return true
  }

  #remember(source: string, bucket: Bucket): void {
    const [oldest] = this.#sources.keys()
    const isFull = this.#sources.size >= sourcesMax && !this.#sources.has(source)
    if (isFull && oldest !== undefined) this.#sources.delete(oldest)
    this.#sources.set(source, bucket)
  }
}

function refill(bucket: Bucket, perMinute: number, nowMs: number): void {
  const gained = ((nowMs - bucket.atMs) / minuteMs) * perMinute
  bucket.tokens = Math.min(perMinute, bucket.tokens + gained)
  bucket.atMs = nowMs
}
