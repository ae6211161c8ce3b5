/** A stand-in for Ollama with faults that are switched while it runs. */
export { type FakeHost, type FakeOllama, startFakeOllama } from './fake-ollama.ts'
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
  WordFault,
} from './options.ts'
