/**
 * Hosts of a network that a test makes: one network namespace each, joined by a bridge in a namespace of its own, so that
 * nothing of the machine's network is touched. Needs root and `ip` (iproute2).
 *
 * The way from one host to another is cut by a rule of policy routing at the receiver: packets that come from there are
 * dropped without a word, as by a rule of nftables, and what was sent meanwhile arrives late or never. It needs no
 * program that few machines have.
 */
import { execFileSync } from 'node:child_process'

export interface Host {
  readonly address: string
  /** In front of a command line that is to run there. */
  readonly prefix: readonly string[]
}

export interface Network {
  readonly hosts: readonly Host[]
  /** From now on nothing that one sends arrives at the other; the way back is open. */
  cut(from: Host, to: Host): void
  mend(from: Host, to: Host): void
  /** Takes all of it away. What runs in it has to have ended. */
  remove(): void
}

/** False where hosts cannot be made; the reason is one line for whoever reads the output. */
export function canMakeHosts(): boolean {
  try {
    makeNetwork(2).remove()
    return true
  } catch (error) {
    const [reason] = String(error).split('\n')
    console.log(`no hosts of its own for this test (root and iproute2 are needed): ${reason}`)
    return false
  }
}

/** One host that is this machine as it is, for tests that cut nothing. */
export const thisMachine: Host = { address: '127.0.0.1', prefix: [] }

let made = 0

/** Makes so many hosts, each of which reaches each. */
export function makeNetwork(count: number): Network {
  const name = `od-${process.pid}-${made++}`
  const bridge = `${name}-net`
  const spaces = Array.from({ length: count }, (_, i) => `${name}-${i}`)
  const remove = () => {
    const there = namespaces()
    for (const space of [...spaces, bridge]) if (there.includes(space)) ip('netns', 'del', space)
  }
  try {
    ip('netns', 'add', bridge)
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge')
    ip('-n', bridge, 'link', 'set', 'br0', 'up')
    const hosts = spaces.map((space, i) => joinHost(space, bridge, i))
    const rule = (verb: string, from: Host, to: Host) => {
      const space = spaces[hosts.indexOf(to)] ?? ''
      ip('-n', space, 'rule', verb, 'pref', '1', 'from', from.address, 'blackhole')
    }
    return {
      hosts,
      cut: (from, to) => rule('add', from, to),
      mend: (from, to) => rule('del', from, to),
      remove,
    }
  } catch (error) {
    remove()
    throw error
  }
}

function namespaces(): string[] {
  const lines = ip('netns', 'list').split('\n')
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name !== '')
}

function joinHost(space: string, bridge: string, number: number): Host {
  const address = `10.213.7.${number + 1}`
  ip('netns', 'add', space)
  const [inside, outside] = ['eth0', `h${number}`]
  ip('-n', bridge, 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', space)
  ip('-n', bridge, 'link', 'set', outside, 'master', 'br0', 'up')
  ip('-n', space, 'link', 'set', 'lo', 'up')
  ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', inside)
  ip('-n', space, 'link', 'set', inside, 'up')
  // Rules of a cut have to be asked before the table that says which packets are for this host.
  ip('-n', space, 'rule', 'add', 'pref', '100', 'lookup', 'local')
  ip('-n', space, 'rule', 'del', 'pref', '0')
  return { address, prefix: ['ip', 'netns', 'exec', space] }
}

/** Runs `ip`; its output. Throws what it complains of. */
function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
