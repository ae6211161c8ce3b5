/**
 * A stand-in for Ollama with faults that are switched while it runs. It shares no code with the product on purpose: a bug
 * that both had would stay hidden.
 */
export { type CheckOptions, checkEngine } from './check/check-engine.ts'
export type { CheckSummary, Example } from './check/tally.ts'
export { type AnswerClass, answerClasses } from './check/verdict.ts'
export { type FakeHost, type FakeOllama, startFakeOllama } from './ollama/fake-ollama.ts'
export type {
  AnswerFault,
  Capability,
  FakeModel,
  FakeOptions,
  FaultName,
  Faults,
  RecordedRequest,
  Stats,
  TokenStyle,
} from './ollama/options.ts'
export {
  type FaultProxy,
  startFaultProxy,
} from './proxy/fault-proxy.ts'
export type { CutBy, Direction, LinkFaults, LinkStats } from './proxy/link-faults.ts'
