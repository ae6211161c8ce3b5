/** The store over HTTP: `serveState` on the node that has it, `remoteStateStore` on the others. */
export { remoteStateStore } from './client.ts'
export { serveState } from './serve.ts'
