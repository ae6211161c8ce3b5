/**
 * What a node is for in its cluster. `full`: everything; `gateway`: a local door to the cluster, without engines of its own;
 * `storage`: keeps models, and is sent no requests; `compute`: is sent requests, and need not keep models.
 */
export const roles = ['full', 'gateway', 'storage', 'compute'] as const
export type Role = (typeof roles)[number]
