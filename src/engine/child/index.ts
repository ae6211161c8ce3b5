/**
 * Keeps a child process of this node running: starts it, notices that it is ready, starts it again when it dies, slows
 * down when it keeps dying, and ends it politely and then for sure. `openChildRecords` remembers on disk what was
 * started, and clears at the next start what a killed node left behind.
 */
export { type ChildRecords, openChildRecords } from './records.ts'
export {
  type ChildOptions,
  type ChildSupervisor,
  type ChildView,
  superviseChild,
  type UntilReady,
} from './service.ts'
