import type { step, Timings } from '../../src/cluster/soft-state/index.ts'
import { fair } from './network.ts'
import type { SimulatedNode, Wire } from './simulated-node.ts'
import { Simulation } from './simulation.ts'
import { settle, truthOf, wrongViews } from './views.ts'

/** How a trial went: what was wrong, and figures to print. */
export interface TrialResult {
  /** Empty when all went well. */
  readonly problems: readonly string[]
  readonly figures: string
}

const lossOfTrial = 0.05
const pauseMs = 2_000
const pauseEveryMs = 1_000
/** What was true this long ago must be known by all, whatever is on its way. */
const lagMs = 20_000

/**
 * A cluster starts all at once, idles, has one news to spread, lives through bad weather (5 % loss, every second somebody
 * stands still for 2 s), loses some at once and gets them back; nobody who is up may ever be called dead.
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
  const { nodes, minutes, timings } = options
  const simulation = new Simulation(options)
  const problems: string[] = []
  const figures: string[] = []
  const rounds = (ms: number) => `${Math.ceil(ms / timings.roundMs)} rounds`
  const part = (title: string, act: () => string) => {
    const startMs = simulation.nowMs
    Object.assign(simulation.traffic, { bytes: 0, packets: 0 })
    try {
      const result = act()
      const perSecond = nodes * ((simulation.nowMs - startMs) / 1000)
      const bytes = Math.round(simulation.traffic.bytes / perSecond)
      const packets = (simulation.traffic.packets / perSecond).toFixed(1)
      figures.push(`${title}: ${result}, ${bytes} bytes and ${packets} packets per node and second`)
    } catch (error) {
      problems.push(`${title}: ${(error as Error).message}`)
    }
  }
  const lost: SimulatedNode[] = []

  part('start', () => rounds(settle(simulation, timings.roundMs, 60_000)))
  part('idle', () => {
    simulation.run(30_000)
    return '30 s'
  })
  part('one news', () => {
    simulation.anyUp().change()
    return rounds(settle(simulation, timings.roundMs, 60_000))
  })
  simulation.network.weather = { ...fair, loss: lossOfTrial }
  part('5 % loss, pauses of 2 s', () => {
    const forMs = minutes * 60_000 - simulation.nowMs - 150_000
    const pause = () => simulation.pause(simulation.anyUp(), pauseMs)
    simulation.repeat(pauseEveryMs, simulation.nowMs + forMs, pause)
    simulation.run(forMs)
    return `${simulation.wrongly.suspect} times one doubted another that was up`
  })
  simulation.network.weather = fair
  part('fair again', () => rounds(settle(simulation, timings.roundMs, 60_000)))
  part(`${options.deaths} deaths`, () => {
    while (lost.length < options.deaths) {
      const node = simulation.anyUp()
      node.crash()
      lost.push(node)
    }
    return rounds(settle(simulation, timings.roundMs, 60_000))
  })
  part('they come back', () => {
    for (const node of lost) simulation.restart(node)
    return rounds(settle(simulation, timings.roundMs, 60_000))
  })
  simulation.run(Math.max(0, minutes * 60_000 - lagMs - simulation.nowMs))
  const truth = truthOf(simulation)
  simulation.run(lagMs)
  problems.push(...wrongViews(simulation, truth))
  const { dead } = simulation.wrongly
  if (dead > 0) problems.push(`${dead} times a node that was up was called dead`)
  return { problems, figures: figures.join('\n  ') }
}
