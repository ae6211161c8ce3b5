/**
 * The engines of this node and what is known of each: where it listens, whether it answers, which models it has and has
 * loaded, how many requests it serves. It asks engines at an interval and at once when a request failed; it never starts
 * or stops one: the embedded engine's life is told to it (`reportOfChild`), an adopted Ollama is its owner's.
 */
export { reportOfChild } from './child-report.ts'
export { createHttpProbe, type HttpProbe, looksLikeOllama } from './http-probe.ts'
export type { EngineReport } from './machine.ts'
export { type Roster, startRoster } from './service.ts'
