import type { ClusterMembers } from '../cluster/engines/index.ts'

/** The cluster of a node that is in none. */
export const noCluster: ClusterMembers = {
  members: () => [],
  linkTo: () => {
    throw new Error('a node that is in no cluster has no links')
  },
  onChange: () => () => {},
}
