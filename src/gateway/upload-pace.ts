import type { GatewayLimits } from './limits.ts'

type PaceLimits = Pick<GatewayLimits, 'uploadIdleMs' | 'uploadRateMs' | 'uploadBytesPerSecondMin'>

/**
 * Whether a file still comes in. Only the time in which its sender is waited for counts: an engine whose disk is slow holds
 * the sender up, for hours if need be. Times are monotonic milliseconds. Pure.
 */
export class UploadPace {
  readonly #limits: PaceLimits
  #waitingSinceMs: number | undefined
  /** Of the stretch over which the rate is looked at. */
  #waitedMs = 0
  #bytes = 0

  constructor(limits: PaceLimits) {
    this.#limits = limits
  }

  /** The next bytes are wanted. */
  waits(nowMs: number): void {
    this.#waitingSinceMs ??= nowMs
  }

  /** Bytes came; until `waits` nobody wants more. */
  took(bytes: number, nowMs: number): void {
    this.#waitedMs += this.#sinceMs(nowMs)
    this.#waitingSinceMs = undefined
    this.#bytes += bytes
  }

  /** True when the sender is silent for too long, or was too slow over a whole stretch; a new stretch begins then. */
  isTooSlow(nowMs: number): boolean {
    const { uploadIdleMs, uploadRateMs, uploadBytesPerSecondMin } = this.#limits
    const idleMs = this.#sinceMs(nowMs)
    if (idleMs >= uploadIdleMs) return true
    const waitedMs = this.#waitedMs + idleMs
    if (waitedMs < uploadRateMs) return false
    const isSlow = this.#bytes < (uploadBytesPerSecondMin * waitedMs) / 1_000
    this.#waitedMs = -idleMs // the silence that goes on was counted
    this.#bytes = 0
    return isSlow
  }

  #sinceMs(nowMs: number): number {
    return this.#waitingSinceMs === undefined ? 0 : nowMs - this.#waitingSinceMs
  }
}
