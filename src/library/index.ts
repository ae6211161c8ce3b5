/**
 * What programs import from this package: the integration guide's process manager and health monitor, and a whole node in
 * one call.
 */
export type { EngineKind, EngineState, EngineView } from '../core/engine.ts'
export { type ErrorCode, isOdError, OdError } from '../core/errors/index.ts'
export {
  type InstanceConfig,
  type Logger,
  OllamaProcessManager,
  type ProcessManagerConfig,
} from '../engine/manager/index.ts'
export { type HealthMonitorOptions, OllamaHealthMonitor } from '../engine/roster/index.ts'
export { SimpleOllamaIntegration, type SimpleOptions } from './simple-integration.ts'
