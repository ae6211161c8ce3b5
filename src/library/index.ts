/**
 * What programs import from this package: the integration guide's process manager, health monitor and gateway, and a whole
 * node in one call.
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
export { type ApiGatewayConfig, OllamaAPIGateway } from './api-gateway.ts'
export { SimpleOllamaIntegration, type SimpleOptions } from './simple-integration.ts'
