/** Faults over HTTP, for whoever is another program. */
export { type ControlServer, startControlServer } from './control-server.ts'
export { readFaults, readLinkFaults } from './fault-schemas.ts'
export { fakeOllamaRoutes, faultProxyRoutes } from './routes.ts'
