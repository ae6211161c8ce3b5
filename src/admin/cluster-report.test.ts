import { expect, test } from 'vitest'
import type { ClusterFacts, NodeFacts } from './cluster.ts'
import { reportCluster, reportClusterNode } from './cluster-report.ts'

const facts: ClusterFacts = {
  clusterId: 'c',
  holder: 'a',
  isHolder: true,
  isStoreReplaced: false,
  isRefused: false,
  joinAddresses: [],
}

function node(id: string, engines: NodeFacts['engines']): NodeFacts {
  return {
    id,
    name: id,
    isSelf: id === 'a',
    role: 'full',
    labels: {},
    isDraining: false,
    state: 'alive',
    addresses: [],
    engines,
  }
}

const engine = (version: string | undefined, state = 'running') => ({
  id: 'local',
  kind: 'adopted',
  state,
  version,
  models: [],
  loaded: [],
})

test('S-041: the status of the cluster shows that the versions of its engines differ', () => {
  const nodes = [
    node('a', [engine('0.33.1'), engine('0.24.0')]),
    node('b', [engine('0.33.1'), engine('0.1.0', 'stopped'), engine(undefined)]),
    node('c', undefined),
  ]
  const { engineVersions } = reportCluster(facts, nodes, 'a')
  expect(engineVersions).toEqual({ '0.33.1': 2, '0.24.0': 1 })
  expect(reportClusterNode(node('a', [engine('0.24.0'), engine(undefined)])).engines).toEqual([
    { ...engine('0.24.0') },
    { id: 'local', kind: 'adopted', state: 'running', models: [], loaded: [] },
  ])
})
