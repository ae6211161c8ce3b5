/**
 * The Ollamas of one machine: starts and stops those that are ours (`engine/child` supervises each), watches them and others
 * (`engine/roster`), and has a process replaced that lives and does not answer.
 */
export type { InstanceConfig } from './instance.ts'
export {
  type Logger,
  OllamaProcessManager,
  type ProcessContext,
  type ProcessManagerConfig,
} from './process-manager.ts'
