import type { Timings } from '../../src/cluster/soft-state/index.ts'
import { Simulation } from './simulation.ts'
import { settle } from './views.ts'

const minuteMs = 60_000

/** How often each thing happens, somewhere. */
const everyMs = {
  change: minuteMs / 2,
  restart: 5 * minuteMs,
  flap: 2 * minuteMs,
  clockJump: 10 * minuteMs,
  split: 60 * minuteMs,
  removal: 45 * minuteMs,
}
const clockJumpMsMax = 300_000
const flaps = 30
const splitForMs = 5 * minuteMs
const removedForMs = 10 * minuteMs
const removedForGood = 2
/** The list of members comes another way, and not to all at once. */
const listLagMs = minuteMs

/**
 * Days of a cluster in which clocks are put, nodes restart, links flap (1 s down, 1 s up, in one direction or both), the network
 * falls into two halves for some minutes, and members are removed, which they do not hear of, and let in again. At the end some are
 * removed for good and the network falls apart once more. Gives the milliseconds from its mending until all have the same
 * members and know the same of each; throws when that takes five minutes.
 */
export function runDrift(options: {
  nodes: number
  hours: number
  seed: number
  timings: Timings
}): { settledMs: number; restarts: number; jumps: number; removals: number } {
  const simulation = new Simulation({ ...options, wire: 'objects' })
  const { network, random, nodes } = simulation
  const counts = { restarts: 0, jumps: 0, removals: 0 }
  const untilMs = options.hours * 60 * minuteMs
  const any = () => Math.floor(random.number() * nodes.length)

  simulation.repeat(everyMs.change, untilMs, () => simulation.anyUp().change())
  simulation.repeat(everyMs.restart, untilMs, () => {
    const node = simulation.anyUp()
    node.crash()
    counts.restarts += 1
    simulation.after(1_000 + random.number() * 2 * minuteMs, () => simulation.restart(node))
  })
  simulation.repeat(everyMs.clockJump, untilMs, () => {
    simulation.anyUp().clock.offsetMs += (2 * random.number() - 1) * clockJumpMsMax
    counts.jumps += 1
  })
  simulation.repeat(everyMs.flap, untilMs, () => {
    const [one, other] = [any(), any()]
    const isBothWays = random.number() < 0.5
    for (let i = 0; i < flaps; i++) {
      simulation.after(i * 2_000, () => {
        network.cut(one, other)
        if (isBothWays) network.cut(other, one)
      })
      simulation.after(i * 2_000 + 1_000, () => {
        network.mend(one, other)
        network.mend(other, one)
      })
    }
  })
  const split = () => {
    network.islandOf = nodes.map(() => Math.floor(random.number() * 2))
    simulation.after(splitForMs, () => {
      network.islandOf = []
    })
  }
  simulation.repeat(everyMs.split, untilMs, split)
  simulation.repeat(everyMs.removal, untilMs, () => {
    const node = simulation.anyUp()
    simulation.remove(node, listLagMs)
    counts.removals += 1
    simulation.after(removedForMs, () => simulation.readmit(node, listLagMs))
  })
  simulation.run(untilMs + removedForMs + listLagMs) // the end of all that was begun
  for (let i = 0; i < removedForGood; i++) simulation.remove(simulation.anyUp(), listLagMs)
  split()
  simulation.run(splitForMs)
  return { settledMs: settle(simulation, options.timings.roundMs, 5 * minuteMs), ...counts }
}
