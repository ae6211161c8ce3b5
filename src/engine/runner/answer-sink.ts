import type { Counters, DrawnLogprob, EndReason } from './protocol.ts'

/** Where an answer goes. Called between decodes, where time counts: it is enough to take note. Must not throw. */
export interface AnswerSink {
  token(id: number, token: number, piece: Uint8Array, logprob: DrawnLogprob | undefined): void
  end(id: number, reason: EndReason, counters: Counters): void
  fail(id: number, reason: string): void
  /** What was noted is to be passed on. Called while the next decode computes. */
  flush(): void
}
