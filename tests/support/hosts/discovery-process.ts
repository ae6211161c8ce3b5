/**
 * Discovery in a process of its own, on whichever host it is started. Argument, as JSON: what it announces of itself, or
 * nothing and for how long it looks around once. Prints one line of JSON for each list of found nodes, and one for each line
 * of its log. What announces itself ends when its standard input does, unless discovery keeps it alive, which it must not.
 */
import { findOnce, startDiscovery } from '../../../src/cluster/discovery/index.ts'
import { formatMultiaddress, type PeerId } from '../../../src/cluster/identity/index.ts'
import { systemClock as clock } from '../../../src/sys/clock.ts'
import { type Log, silentLog } from '../../../src/sys/log.ts'
import { systemRandom as random } from '../../../src/sys/random.ts'

export interface DiscoverySettings {
  readonly peer?: PeerId
  readonly name: string
  readonly clusterId: string
  readonly port: number
  /** Looks around once, for so long, and says nothing of itself. */
  readonly lookMs?: number
}

/** A line of its output. */
export interface DiscoveryLine {
  readonly found?: readonly { readonly name: string; readonly addresses: readonly string[] }[]
  readonly logged?: string
}

const { peer, name, clusterId, port, lookMs } = JSON.parse(
  process.argv[2] ?? '',
) as DiscoverySettings
const tell = (line: DiscoveryLine) => void process.stdout.write(`${JSON.stringify(line)}\n`)
const logged = (_: object, event: string) => tell({ logged: event })
const log: Log = { ...silentLog, warn: logged, error: logged }
const shown = (nodes: Awaited<ReturnType<typeof findOnce>>) => ({
  found: nodes.map((node) => ({
    name: node.name,
    addresses: node.addresses.map((one) => formatMultiaddress({ ...one, peer: node.peer })),
  })),
})

if (peer === undefined) {
  tell(shown(await findOnce(lookMs ?? 0, { clock, random, log })))
} else {
  const self = { peer, name, clusterId, protocol: 1, port }
  const discovery = startDiscovery({ self: peer, announce: () => self, clock, random, log })
  discovery.onFound(() => tell(shown(discovery.found())))
  process.once('beforeExit', () => discovery.stop())
  process.stdin.resume()
}
