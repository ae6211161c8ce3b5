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
    const dead = state.members.list.filter(({ status }) => status === 'dead')
    if (dead.length !== state.members.dead.size || dead.some((one) => !state.members.dead.has(one)))
      faults.push(`${state.self}: the set of the dead is wrong`)
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
