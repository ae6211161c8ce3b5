import { expect, test } from 'vitest'
import { step, timings } from '../../src/cluster/soft-state/index.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { Simulation } from './simulation.ts'
import { settle } from './views.ts'

const { lan } = timings

test.each([1, 2, 3])(
  'who was taken for dead is alive again everywhere once it is back, seed %i',
  (seed) => {
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

test('clocks that are put by minutes kill nobody, though one after another stands still', () => {
  const simulation = new Simulation({ nodes: 12, seed: 1, timings: lan, wire: 'objects' })
  settle(simulation, lan.roundMs, 60_000)
  let jumps = 0
  simulation.repeat(10_000, 600_000, () => {
    simulation.pause(simulation.anyUp(), 3_000)
    // in the middle of the doubt that this makes
    simulation.after(2_500, () => {
      const byMs = jumps++ % 2 === 0 ? 300_000 : -300_000
      for (const { clock } of simulation.nodes) clock.offsetMs += byMs
    })
  })
  simulation.run(600_000)
  expect(simulation.wrongly.suspect).toBeGreaterThan(jumps)
  expect(simulation.wrongly.dead).toBe(0)
})

test('a node whose count of starts was lost goes above what is still known of it', () => {
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

test('a node that answers but renews nothing is dead for all once its entry has expired', () => {
  const signsOnce: typeof step = (state, event, nowMs) => {
    const { effects } = step(state, event, nowMs)
    const isMute = state.self.endsWith('0') && state.sequence > 1
    return { state, effects: effects.filter(({ type }) => type !== 'sign' || !isMute) }
  }
  const { test: times } = timings
  const options = { nodes: 5, seed: 1, timings: times, wire: 'objects' as const }
  const simulation = new Simulation({ ...options, step: signsOnce })
  const [mute, ...others] = simulation.nodes as [SimulatedNode]
  const isDead = () =>
    others.every((node: SimulatedNode) => node.state.members.get(mute.name)?.status === 'dead')
  settle(simulation, times.roundMs, 10_000)
  expect(isDead()).toBe(false)
  simulation.runUntil(isDead, times.roundMs, 2 * times.lifetimeMs)
})
