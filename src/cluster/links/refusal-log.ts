import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import type { PeerId } from '../identity/index.ts'

/** Why somebody got nothing. */
export type RefusalReason =
  | 'half-open'
  | 'handshake'
  | 'no-certificate'
  | 'not-a-member'
  | 'connections'
  | 'malformed'
  | 'headers'
  | 'slow'
  | 'join-rate'
  | 'join-body'

const minuteMs = 60_000

/**
 * Writes refusals: the first of each source in a minute at once, as `link.refused`, and at the minute's end one line
 * `link.refused-more` with the number of those that were not written. So an attack is seen and cannot fill the disk.
 */
export class RefusalLog {
  #seen = new Set<string>()
  #more = 0
  #cancel: (() => void) | undefined
  readonly #options: { readonly log: Log; readonly clock: Clock; readonly sourcesMax: number }

  constructor(options: { log: Log; clock: Clock; sourcesMax: number }) {
    this.#options = options
  }

  /** `detail`: a code of the system or of OpenSSL, never bytes of the other side. */
  add(source: string, reason: RefusalReason, about: { peer?: PeerId; detail?: string } = {}): void {
    const { log, clock, sourcesMax } = this.#options
    this.#cancel ??= clock.after(minuteMs, () => this.flush())
    if (this.#seen.has(source) || this.#seen.size >= sourcesMax) {
      this.#more++
      return
    }
    this.#seen.add(source)
    log.warn({ source, reason, ...about }, 'link.refused')
  }

  /** Ends the minute now. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#more > 0) this.#options.log.warn({ count: this.#more }, 'link.refused-more')
    this.#more = 0
    this.#seen = new Set()
  }
}
