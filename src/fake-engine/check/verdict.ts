/** What became of one answer. */

/**
 * - `ok`: complete, and every byte as it has to be
 * - `refused`: an error object with a status that blames the request or the load: 4xx, 503
 * - `failed`: nothing of an answer came: no connection, no byte before the end, or an error with another status
 * - `broken`: it began and ended in an error object, so that its reader knows
 * - `truncated`: it began and ended otherwise, without all that belongs to it and without an error object
 * - `corrupted`: what came is wrong: not JSON, not UTF-8, a lost, repeated or disordered token, something after the end
 */
export const answerClasses = [
  'ok',
  'refused',
  'failed',
  'broken',
  'truncated',
  'corrupted',
] as const

export type AnswerClass = (typeof answerClasses)[number]

export interface Verdict {
  readonly class: AnswerClass
  /** What decided it, in a few words; for `ok` the reason of its end. */
  readonly reason: string
  /** HTTP status; absent when none came. */
  readonly status: number | undefined
  /** Tokens that were seen: indexed ones, or else lines with text. */
  readonly tokens: number
}
