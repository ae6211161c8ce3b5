import type { Clock } from '../../sys/clock.ts'
import type { FaultName, RecordedRequest, Stats } from './options.ts'

/** Older requests are forgotten; a test that makes more asks for the numbers instead. */
const requestsMax = 10_000

/** Longer bodies are kept only so far. */
const bodyCharsMax = 1024 * 1024

/** All bodies that are kept; the oldest requests are forgotten for it. */
const allBodyCharsMax = 64 * 1024 * 1024

export type Mutable<Shape> = { -readonly [Name in keyof Shape]: Shape[Name] }

/** What came and what became of it. */
export class Journal {
  readonly counts: Mutable<Omit<Stats, 'loads' | 'unloads'>> = {
    connections: 0,
    openConnections: 0,
    requests: 0,
    active: 0,
    generatingMax: 0,
    held: 0,
    tokensMade: 0,
    tokensWritten: 0,
    aborted: 0,
  }
  #done = 0
  #bodyChars = 0
  readonly #clock: Clock
  readonly #requests: Mutable<RecordedRequest>[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes a request that came. */
  open(method: string, target: string, rawHeaders: readonly string[]): Mutable<RecordedRequest> {
    const headers = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
    )
    const request: Mutable<RecordedRequest> = {
      id: ++this.counts.requests,
      method,
      target,
      headers,
      body: '',
      atMs: this.#clock.wallMs(),
      outcome: 'active',
      status: undefined,
      doneAs: 0,
      tokensMade: 0,
      tokensWritten: 0,
      faults: [],
    }
    this.counts.active++
    this.#requests.push(request)
    if (this.#requests.length > requestsMax) this.#forgetOldest()
    return request
  }

  readBody(request: Mutable<RecordedRequest>, body: Buffer): void {
    request.body = body.toString('utf8').slice(0, bodyCharsMax)
    this.#bodyChars += request.body.length
    while (this.#bodyChars > allBodyCharsMax) this.#forgetOldest()
  }

  /** Notes that a fault struck a request. */
  struck(request: Mutable<RecordedRequest>, fault: FaultName): void {
    if (!request.faults.includes(fault)) request.faults = [...request.faults, fault]
  }

  made(request: Mutable<RecordedRequest>): void {
    request.tokensMade++
    this.counts.tokensMade++
  }

  wrote(request: Mutable<RecordedRequest>, tokens: number): void {
    request.tokensWritten += tokens
    this.counts.tokensWritten += tokens
  }

  /** Notes the end of a request; the first end counts. */
  close(request: Mutable<RecordedRequest>, outcome: 'answered' | 'aborted' | 'cut'): void {
    if (request.outcome !== 'active') return
    request.outcome = outcome
    request.doneAs = ++this.#done
    this.counts.active--
    if (outcome === 'aborted') this.counts.aborted++
  }

  #forgetOldest(): void {
    this.#bodyChars -= this.#requests.shift()?.body.length ?? 0
  }

  list(): readonly RecordedRequest[] {
    return this.#requests
  }
}
