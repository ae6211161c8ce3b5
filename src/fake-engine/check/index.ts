/** Clients that check every answer of an engine or a gateway. */
export { type CheckOptions, checkEngine } from './check-engine.ts'
export type { CheckSummary, Example } from './tally.ts'
export { type AnswerClass, answerClasses } from './verdict.ts'
