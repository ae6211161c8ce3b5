import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SoftState, step, timings } from '../../src/cluster/soft-state/index.ts'
import { fair } from './network.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { Simulation } from './simulation.ts'
import { settle } from './views.ts'

const count = 6
const index = fc.nat(count - 1)
const actions = fc.array(
  fc.record({
    type: fc.constantFrom('crash', 'restart', 'pause', 'change', 'cut', 'mend', 'split', 'remove'),
    node: index,
    other: index,
    forMs: fc.integer({ min: 0, max: 5_000 }),
  }),
  { maxLength: 25 },
)
type Action = typeof actions extends fc.Arbitrary<readonly (infer One)[]> ? One : never

/** Weather in which every packet may be lost, doubled, or overtaken by one that was sent a second later. */
const storm = { loss: 0.1, duplicates: 0.2, latencyMs: { min: 1, max: 100 }, slow: 0.1 }

/** `step`, watched: what each node holds of each other may only get newer, and what was removed must stay away. */
function watched(faults: string[]): typeof step {
  const removed = new WeakMap<SoftState, Set<string>>()
  return (state, event, nowMs) => {
    const before = state.members.list.map((member) => [member, state.members.head(member)] as const)
    const decision = step(state, event, nowMs)
    const gone = removed.get(state) ?? new Set()
    removed.set(state, gone)
    if (event.type === 'member.removed') gone.add(event.node)
    for (const [member, head] of before) {
      const now = state.members.head(member)
      const wentBack =
        now.epoch < head.epoch || (now.epoch === head.epoch && now.sequence < head.sequence)
      if (wentBack) faults.push(`${state.self}: ${JSON.stringify([head, now])}`)
    }
    for (const node of gone)
      if (state.members.get(node)) faults.push(`${state.self}: ${node} is back`)
    return decision
  }
}

function act(simulation: Simulation, { type, node: at, other, forMs }: Action): void {
  const node = simulation.nodes[at] as SimulatedNode
  const { network } = simulation
  if (type === 'crash') node.crash()
  else if (type === 'restart' && !node.isUp) simulation.restart(node)
  else if (type === 'pause') simulation.pause(node, forMs)
  else if (type === 'change') node.change()
  else if (type === 'cut') network.cut(at, other)
  else if (type === 'mend') network.mend(at, other)
  else if (type === 'split') network.islandOf = simulation.nodes.map((_, i) => (i <= at ? 0 : 1))
  else if (type === 'remove' && simulation.members.length > 2) simulation.remove(node, forMs)
  simulation.run(forMs)
}

test('whatever happens, entries only get newer, the removed stay away, and in the end all agree', () => {
  fc.assert(
    fc.property(actions, fc.nat(), (list, seed) => {
      const faults: string[] = []
      const { test: times } = timings
      const options = { nodes: count, seed, timings: times, weather: storm, wire: 'bytes' as const }
      const simulation = new Simulation({ ...options, step: watched(faults) })
      for (const action of list) act(simulation, action)
      simulation.network.weather = fair
      simulation.network.mendAll()
      for (const node of simulation.members) if (!node.isUp) simulation.restart(node)
      settle(simulation, times.roundMs, 60_000)
      expect(faults).toEqual([])
    }),
    { numRuns: 30 },
  )
})

test.each([1, 2, 3])(
  'who was taken for dead is alive again everywhere once it is back, seed %i',
  (seed) => {
    const { lan } = timings
    const simulation = new Simulation({ nodes: 12, seed, timings: lan, wire: 'bytes' })
    settle(simulation, lan.roundMs, 60_000)
    const frozen = simulation.anyUp()
    simulation.pause(frozen, 60_000)
    const isBuried = () =>
      simulation.up.every(
        (node) => node === frozen || node.state.members.get(frozen.name)?.status === 'dead',
      )
    simulation.runUntil(isBuried, lan.roundMs, 30_000)
    simulation.runUntil(() => frozen.pausedUntilMs <= simulation.nowMs, lan.roundMs, 60_000)
    settle(simulation, lan.roundMs, 30_000)
  },
)

test('two halves that took each other for dead come together again', () => {
  const { lan } = timings
  const simulation = new Simulation({ nodes: 20, seed: 1, timings: lan, wire: 'objects' })
  settle(simulation, lan.roundMs, 60_000)
  simulation.network.islandOf = simulation.nodes.map((_, i) => i % 2)
  simulation.run(60_000)
  const deadSeen = simulation.up.map(
    ({ state }) => state.members.list.filter(({ status }) => status === 'dead').length,
  )
  expect(deadSeen).toEqual(Array(20).fill(10))
  simulation.network.mendAll()
  settle(simulation, lan.roundMs, 30_000)
})

test('a node that was cut off from all others makes nobody doubt them when it is back', () => {
  const { lan } = timings
  const simulation = new Simulation({ nodes: 20, seed: 1, timings: lan, wire: 'objects' })
  settle(simulation, lan.roundMs, 60_000)
  simulation.network.islandOf = simulation.nodes.map((_, i) => (i === 7 ? 1 : 0))
  simulation.run(60_000)
  const lonely = simulation.nodes[7] as SimulatedNode
  const deadSeen = lonely.state.members.list.filter(({ status }) => status === 'dead')
  expect(deadSeen).toHaveLength(19)
  const doubtsBefore = simulation.wrongly.suspect
  simulation.network.mendAll()
  settle(simulation, lan.roundMs, 30_000)
  expect(simulation.wrongly.suspect - doubtsBefore).toBe(0)
})

test('a link of five nodes that is cut one way, or flaps, makes nobody doubt another', () => {
  const { lan } = timings
  const simulation = new Simulation({ nodes: 5, seed: 1, timings: lan, wire: 'objects' })
  const { network } = simulation
  settle(simulation, lan.roundMs, 60_000)
  network.cut(0, 1)
  let isCut = false
  simulation.repeat(1_000, 300_000, () => {
    isCut = !isCut
    for (const [from, to] of [
      [2, 3],
      [3, 2],
    ] as const) {
      if (isCut) network.cut(from, to)
      else network.mend(from, to)
    }
  })
  simulation.run(300_000)
  expect(simulation.wrongly).toEqual({ dead: 0, suspect: 0 })
})

test('a node whose count of starts was lost goes above what is still known of it', () => {
  const { lan } = timings
  const simulation = new Simulation({ nodes: 5, seed: 1, timings: lan, wire: 'bytes' })
  const [node] = simulation.nodes as [SimulatedNode]
  settle(simulation, lan.roundMs, 60_000)
  for (let i = 0; i < 3; i++) {
    node.crash()
    simulation.restart(node)
    settle(simulation, lan.roundMs, 60_000)
  }
  node.crash()
  node.boot(
    simulation.members.map(({ name }) => name),
    1,
  )
  simulation.runUntil(() => node.state.epoch > 4, lan.roundMs, 60_000)
  settle(simulation, lan.roundMs, 60_000)
})
