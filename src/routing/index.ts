/**
 * Chooses which engine a request goes to, and which ones after it should that one fail. Only choosing lives here: what
 * engines there are and how they stand is told by the caller, and what came of a choice is the caller's to act on.
 */

export type { Verdict } from './ejection.ts'
export { chooseMaker, type MakerChoice } from './maker.ts'
export type { Question, Ranking } from './rank.ts'
export { type Router, startRouter } from './router.ts'
