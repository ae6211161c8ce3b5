/**
 * The store of agreed state: members, tokens, what must be the same for all. One port (`port.ts`), a database on the first
 * node behind it, the same port over HTTP for the other nodes, and the last copy that each of them keeps.
 */
export { type LastCopy, startLastCopy } from './last-copy.ts'
export type { StateStore } from './port.ts'
export { remoteStateStore, serveState } from './remote/index.ts'
export { openSqliteStore } from './sqlite/store.ts'
