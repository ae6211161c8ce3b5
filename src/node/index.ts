/** The composition root: builds all parts of a node, starts them in order, and stops them in the reverse order. */
export { probeLibrary } from '../engine/runner/index.ts'
export type { Gateway as RunningGateway } from '../gateway/index.ts'
export { startLoneGateway } from './lone-gateway.ts'
export { startNode } from './start.ts'
export type { RunningNode, StartStep } from './types.ts'
