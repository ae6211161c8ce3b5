/**
 * Runs one model in a process of its own, because llama.cpp may abort its process on a bad file, and because killing it is
 * the one sure way to get all of the memory back. `startRunner` is the parent's side.
 */

export { type AnswerListener, type Runner, startRunner } from './client.ts'
export { type LibraryProbe, probeLibrary } from './probe.ts'
export type {
  Counters,
  DrawnLogprob,
  EndReason,
  GenerateOptions,
  LoadOptions,
  ModelFacts,
  RunnerStats,
  SamplingOptions,
} from './protocol.ts'
export { sequenceName } from './sequence-file.ts'
