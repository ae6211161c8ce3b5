import { timings } from '../../src/cluster/soft-state/index.ts'
import { Simulation } from '../../tests/sim/simulation.ts'
import { settle } from '../../tests/sim/views.ts'

const warmUpMs = 60_000
const measuredMs = 300_000
/** How often each node says something else; undefined: never, so that only renewals go round. */
const loads = { idle: undefined, 'a change per node and second': 1_000 } as const

/**
 * What gossip costs one node: the simulation's nodes with real encoding, signatures and verification, all in this process, so
 * the CPU time over nodes and virtual seconds is one node's share, the simulator's own work in it. The HTTP requests that
 * carry it are not in it; their number is.
 */
export async function benchSoftState(): Promise<void> {
  for (const nodes of [20, 50]) {
    for (const [load, everyMs] of Object.entries(loads)) measure(nodes, load, everyMs)
  }
}

function measure(nodes: number, load: string, everyMs: number | undefined): void {
  const simulation = new Simulation({ nodes, seed: 1, timings: timings.lan, wire: 'bytes' })
  settle(simulation, timings.lan.roundMs, warmUpMs)
  if (everyMs !== undefined) {
    simulation.repeat(everyMs, warmUpMs + measuredMs, () => {
      for (const node of simulation.nodes) node.change()
    })
  }
  simulation.run(warmUpMs - simulation.nowMs)
  Object.assign(simulation.traffic, { bytes: 0, packets: 0 })
  const before = process.cpuUsage()
  simulation.run(measuredMs)
  const { user, system } = process.cpuUsage(before)
  const nodeSeconds = (nodes * measuredMs) / 1000
  const { bytes, packets } = simulation.traffic
  const cpuMs = (user + system) / 1000 / nodeSeconds
  console.log(
    `${nodes} nodes, ${load}: ${Math.round(bytes / nodeSeconds)} bytes/s and ${(packets / nodeSeconds).toFixed(1)} packets/s sent, ${cpuMs.toFixed(2)} ms CPU per second`,
  )
}
