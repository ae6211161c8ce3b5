import type { SimulatedNode } from './simulated-node.ts'
import type { Simulation } from './simulation.ts'

/** What everybody should know at a time: of each member its newest version, nothing of one that is down. */
export type Truth = ReadonlyMap<SimulatedNode, { epoch: number; sequence: number } | undefined>

export function truthOf({ members }: Simulation): Truth {
  return new Map(members.map((node) => [node, node.isUp ? versionOf(node) : undefined]))
}

/**
 * Where a node that is up has other members, knows something else, or something older, than was true at that time: a few lines. Empty when
 * all agree with the truth, and so with each other.
 */
export function wrongViews(simulation: Simulation, truth: Truth, atMost = 5): string[] {
  const wrong: string[] = []
  for (const observer of simulation.up) {
    const known = observer.state.members.list.length
    if (known !== truth.size) wrong.push(`${observer.name} has ${known} members, not ${truth.size}`)
    for (const [node, version] of truth) {
      const seen = observer.state.members.get(node.name)?.status
      const wanted = version === undefined ? 'dead' : 'alive'
      const isBehind = version && observer.state.members.toldBy({ node: node.name, ...version })
      if (seen === wanted && !isBehind) continue
      wrong.push(`${observer.name} of ${node.name}: ${isBehind ? 'old' : seen}, not ${wanted}`)
      if (wrong.length >= atMost) return wrong
    }
  }
  return wrong
}

/** Runs until everybody knows what is true now; gives the milliseconds that it took. */
export function settle(simulation: Simulation, stepMs: number, atMostMs: number): number {
  const truth = truthOf(simulation)
  return simulation.runUntil(() => wrongViews(simulation, truth, 1).length === 0, stepMs, atMostMs)
}

/** A node that has signed nothing yet will begin with 1. */
function versionOf({ state }: SimulatedNode): { epoch: number; sequence: number } {
  return { epoch: state.epoch, sequence: Math.max(1, state.sequence + (state.isStale ? 1 : 0)) }
}
