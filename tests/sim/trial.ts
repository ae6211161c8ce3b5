import type { step, Timings } from '../../src/cluster/soft-state/index.ts'
import { fair } from './network.ts'
import type { SimulatedNode, Wire } from './simulated-node.ts'
import { Simulation } from './simulation.ts'
import type { PartFigures, TrialResult } from './trial-figures.ts'
import { settle, truthOf, wrongViews } from './views.ts'

const lossOfTrial = 0.05
const pauseMs = 2_000
/** Every second one of so many begins to stand still, one at least. */
const nodesPerPause = 500
/** What was true this long ago must be known by all, whatever is on its way. */
const lagMs = 20_000
const settleMsMax = 60_000

/**
 * A cluster starts all at once, idles for a sixth of the time (in 30 minutes every entry is renewed in it), has one news to
 * spread, lives through bad weather (5 % loss, nodes that stand still for 2 s), loses some at once and gets them back; nobody who
 * is up may ever be called dead.
 */
export function runTrial(options: {
  nodes: number
  minutes: number
  deaths: number
  seed: number
  timings: Timings
  wire: Wire
  step?: typeof step
}): TrialResult {
  const { nodes, timings } = options
  const simulation = new Simulation(options)
  const { network, wrongly, traffic } = simulation
  const endMs = options.minutes * 60_000
  const problems: string[] = []
  const figures = new Map<string, PartFigures>()
  /** Measures what `act` does; it gives the milliseconds until all agreed, where it waits for that. */
  const part = (title: string, act: () => number | undefined) => {
    const startMs = simulation.nowMs
    const before = { ...wrongly }
    Object.assign(traffic, { bytes: 0, packets: 0 })
    try {
      const settledMs = act()
      const nodeSeconds = nodes * ((simulation.nowMs - startMs) / 1000)
      figures.set(title, {
        ...(settledMs !== undefined && {
          seconds: settledMs / 1000,
          rounds: Math.ceil(settledMs / timings.roundMs),
        }),
        falseDoubts: wrongly.suspect - before.suspect,
        falseDeaths: wrongly.dead - before.dead,
        bytes: traffic.bytes / nodeSeconds,
        packets: traffic.packets / nodeSeconds,
      })
    } catch (error) {
      problems.push(`${title}: ${(error as Error).message}`)
    }
  }
  const agree = () => settle(simulation, timings.roundMs, settleMsMax)
  const last = (ms: number) => {
    simulation.run(ms)
    return undefined
  }
  const lost: SimulatedNode[] = []

  part('start', agree)
  part('idle', () => last(endMs / 6))
  part('one news', () => {
    simulation.anyUp().change()
    return agree()
  })
  part('bad weather', () => {
    network.weather = { ...fair, loss: lossOfTrial }
    const forMs = endMs - simulation.nowMs - 150_000
    const each = Math.max(1, Math.round(nodes / nodesPerPause))
    simulation.repeat(1_000, simulation.nowMs + forMs, () => {
      for (let i = 0; i < each; i++) simulation.pause(simulation.anyUp(), pauseMs)
    })
    return last(forMs)
  })
  part('fair again', () => {
    network.weather = fair
    return agree()
  })
  part('deaths', () => {
    while (lost.length < options.deaths) {
      const node = simulation.anyUp()
      node.crash()
      lost.push(node)
    }
    return agree()
  })
  part('they come back', () => {
    for (const node of lost) simulation.restart(node)
    return agree()
  })
  simulation.run(Math.max(0, endMs - lagMs - simulation.nowMs))
  const truth = truthOf(simulation)
  simulation.run(lagMs)
  problems.push(...wrongViews(simulation, truth))
  if (wrongly.dead > 0) problems.push(`${wrongly.dead} times a node that was up was called dead`)
  return { problems, figures }
}
