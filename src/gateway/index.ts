/**
 * The listener that clients talk to: one choke point with the limits of the edge, one table of routes, and the relay
 * that passes an engine's bytes on and finds another engine when one fails. The engines come in through `Engines`, the
 * management API through `Management`; the gateway knows neither how engines are kept alive nor what a report says.
 */
export {
  type EngineRoute,
  type EngineRouteOptions,
  makeEngineRoute,
} from './across/engine-route.ts'
export { type Gateway, type GatewayOptions, startGateway } from './gateway.ts'
export { type GatewayLimits, gatewayLimits } from './limits.ts'
export type { Management } from './management.ts'
export type { Engines, Link, OwnEngines } from './ports.ts'
export { type Route, routes, withManagement } from './routes.ts'
export { Spool } from './spool/spool.ts'
