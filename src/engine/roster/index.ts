/**
 * The engines of this node and what is known of each: where it listens, whether it answers, which models it has and has
 * loaded, how many requests it serves. It asks engines at an interval and at once when a request failed; it never starts
 * or stops one: the life of a process of ours is told to it (`reportOfChild`), any other Ollama is its owner's. That a
 * process of ours hangs is told by it.
 */
export { reportOfChild } from './child-report.ts'
export { type HealthMonitorOptions, OllamaHealthMonitor } from './health-monitor.ts'
export { createHttpProbe, type HttpProbe, looksLikeOllama } from './http-probe.ts'
export type { EngineReport } from './machine.ts'
export { type Roster, startRoster } from './service.ts'
