import type { UpstreamFailure } from './upstream.ts'

/**
 * How one engine failed to answer before a byte of its answer went to the client. `missing`: 404 for the model; `erred`: a
 * status of 500 or more; `busy`: it had no room, and saw nothing of the request.
 */
export interface FailedTry {
  readonly engine: string
  readonly result: UpstreamFailure | 'missing' | 'erred' | 'busy'
}

/** What to do next with a request that no byte of an answer has been sent for. */
export type Move =
  /** `mayWait`: in its turn; otherwise at once or not at all, because others are as good. */
  | { readonly type: 'try'; readonly engine: string; readonly mayWait: boolean }
  /** Wait for an engine that is starting, then choose again. */
  | { readonly type: 'wait' }
  /** Pass on the answer of an engine that erred, or else of one that may lack the model. */
  | { readonly type: 'answer-kept' }
  /** Answer with the death of an engine. */
  | { readonly type: 'answer-died' }
  /** Answer that all who could have answered are busy. */
  | { readonly type: 'answer-busy' }
  /** Answer that there is no engine. */
  | { readonly type: 'answer-none' }

/** Where a request stands. */
export interface Situation {
  /** Usable engines, best first. */
  readonly order: readonly string[]
  /** So many at its start are as near to answering as the first. */
  readonly alike: number
  /** Engines that had no place free when they were asked for one at once. */
  readonly full: readonly string[]
  readonly tries: readonly FailedTry[]
  readonly enginesMax: number
  /** True when an engine that was not heard may yet become usable and there is time left to wait for it. */
  readonly mayWait: boolean
  /** True when the lists of an engine that cannot be used now show the model. */
  readonly isHeldByAbsent: boolean
}

/**
 * Decides. Of engines that are alike, one that has a place free is looked for first; where all are full, the request waits
 * at the best, as it would in one machine. Every engine is tried once, and the request ends with what `enginesMax` of them
 * said; one that saw nothing of it says nothing, and may be tried again when it is back. A busy engine may have what the
 * others lack, so it wins; so may one that erred, and one that died; that a model is missing is said only when nothing else
 * was heard, and when no engine has it that only cannot be used now.
 */
export function nextMove(situation: Situation): Move {
  const { tries, enginesMax, mayWait, isHeldByAbsent } = situation
  const isOpen = tries.filter(wasHeard).length < enginesMax
  const next = isOpen ? nextTry(situation) : undefined
  if (next !== undefined) return next
  if (tries.some(({ result }) => result === 'busy')) return { type: 'answer-busy' }
  const hasFailed = tries.some(hasCost)
  if (hasFailed && isOpen && mayWait) return { type: 'wait' }
  if (tries.some(({ result }) => result === 'erred')) return { type: 'answer-kept' }
  if (hasFailed) return { type: 'answer-died' }
  const isMissing = tries.some(({ result }) => result === 'missing')
  if (isMissing && !isHeldByAbsent) return { type: 'answer-kept' }
  return mayWait ? { type: 'wait' } : { type: 'answer-none' }
}

function nextTry({ order, alike, full, tries, enginesMax }: Situation): Move | undefined {
  const isUntried = (id: string) => !tries.some((failed) => failed.engine === id)
  const open = order.slice(0, alike).filter((id) => isUntried(id) && !full.includes(id))
  const [first] = open
  const mayLook = full.length < enginesMax && open.length + full.length > 1
  if (first !== undefined && mayLook) return { type: 'try', engine: first, mayWait: false }
  const engine = order.find(isUntried)
  return engine === undefined ? undefined : { type: 'try', engine, mayWait: true }
}

/** True when an engine may have worked on the request: sending it again adds to the load of the others. */
export function hasCost({ result }: FailedTry): boolean {
  return result === 'died' || result === 'erred'
}

/** True when the engine, or its death, said something of the request. */
export function wasHeard({ result }: FailedTry): boolean {
  return result !== 'busy' && result !== 'unreachable'
}
