/** The embedded engine: a server that speaks Ollama's API, with a runner process per loaded model. */
export { apiVersion, type EmbeddedEngine, startEmbeddedEngine } from './engine.ts'
export type { LoadDefaults } from './load-options.ts'
export type { DamagedFile, InstalledModel, ModelCatalogue, VerifyProgress } from './ports.ts'
export type { EvictionOrder } from './residency/index.ts'
export { verifyStore } from './verify-client.ts'
