import type { KeptAnswer } from './delivery.ts'

/** What one engine made of a change that went to all. */
export interface ChangeResult {
  readonly engine: string
  /** `unreached`: it has the model, and could not be asked. `unknown`: it was asked, and no answer came. */
  readonly result: KeptAnswer | 'unreached' | 'unknown'
}

/** The one answer for all. */
export type JoinedChange =
  /** `engines`: whose answer it is. */
  | { readonly type: 'answer'; readonly answer: KeptAnswer; readonly engines: readonly string[] }
  /** Some have done it, some have not; each failure with its reason in brackets. */
  | { readonly type: 'partly'; readonly done: string; readonly failed: string }
  | { readonly type: 'unknown'; readonly engine: string }
  | { readonly type: 'unreached' }

/**
 * Joins the answers of all engines, in their order. An engine that says 404 does not have the model, so the change is not
 * its business, unless all say so. Where nobody has done it, an unknown outcome is told before a refusal, and a refusal
 * before silence. Pure.
 */
export function joinChanges(results: readonly ChangeResult[]): JoinedChange {
  const done = results.filter(({ result }) => isWithin(result, 200, 299))
  const failed = results.filter(
    ({ result }) => !isWithin(result, 200, 299) && !isWithin(result, 404, 404),
  )
  if (done.length > 0 && failed.length > 0) {
    const reasons = failed.map(({ engine, result }) => `${engine} (${reasonOf(result)})`)
    return { type: 'partly', done: namesOf(done), failed: reasons.join(', ') }
  }
  const unknown = failed.find(({ result }) => result === 'unknown')
  if (unknown !== undefined) return { type: 'unknown', engine: unknown.engine }
  const said = [...done, ...failed].find(({ result }) => typeof result === 'object')
  const first = said ?? (failed.length === 0 ? results[0] : undefined)
  if (first === undefined || typeof first.result !== 'object') return { type: 'unreached' }
  const engines = done.length > 0 ? done.map(({ engine }) => engine) : [first.engine]
  return { type: 'answer', answer: first.result, engines }
}

function isWithin(result: ChangeResult['result'], from: number, to: number): boolean {
  return typeof result === 'object' && result.status >= from && result.status <= to
}

function namesOf(results: readonly ChangeResult[]): string {
  return results.map(({ engine }) => engine).join(', ')
}

function reasonOf(result: ChangeResult['result']): string {
  if (typeof result === 'object') return `status ${result.status}`
  return result === 'unknown' ? 'outcome unknown' : 'not reached'
}
