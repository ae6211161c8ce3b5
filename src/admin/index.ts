/**
 * What this node says about itself: health, instances, the state of its parts, and a page for people. Every report is a
 * pure function of what was measured; what was not measured is absent, and every figure stands beside its time.
 */
export type { ComponentStatus, NodeStatus } from './node-status.ts'
export { makeReports } from './reports.ts'
