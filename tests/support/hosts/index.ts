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
  /** The one at which others may find it; of a hidden one, an address that only it and its router know. */
  readonly address: string
  /** In front of a command line that is to run there. */
  readonly prefix: readonly string[]
}

export interface Network {
  readonly hosts: readonly Host[]
  /** From now on nothing that one sends arrives at the other; the way back is open. */
  cut(from: Host, to: Host): void
  mend(from: Host, to: Host): void
  /** A further one, behind a router that rewrites addresses (NAT): it reaches all others, and none of them reaches it. */
  addHidden(): Host
  /** Gives a host another address in place of the one that it has; it is another host from then on. */
  move(host: Host): Host
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

/** False where a host cannot be hidden; the reason is one line for whoever reads the output. */
export function canHideHosts(): boolean {
  if (!canMakeHosts()) return false
  const network = makeNetwork(0)
  try {
    network.addHidden()
    return true
  } catch (error) {
    const [reason] = String(error).split('\n')
    console.log(`no hidden hosts for this test (nftables is needed): ${reason}`)
    return false
  } finally {
    network.remove()
  }
}

/** One host that is this machine as it is, for tests that cut nothing. */
export const thisMachine: Host = { address: '127.0.0.1', prefix: [] }

let made = 0

/** Makes so many hosts, each of which reaches each. */
export function makeNetwork(count: number): Network {
  const name = `od-${process.pid}-${made++}`
  const bridge = `${name}-net`
  const spaces: string[] = []
  const spaceOf = new Map<Host, string>()
  let numbers = 0
  const remove = () => {
    const there = namespaces()
    for (const space of [...spaces, bridge]) if (there.includes(space)) ip('netns', 'del', space)
  }
  const addSpace = (): string => {
    const space = `${name}-${spaces.length}`
    ip('netns', 'add', space)
    spaces.push(space)
    ip('-n', space, 'link', 'set', 'lo', 'up')
    return space
  }
  const add = (): Host => {
    const space = addSpace()
    const host = hostAt(nextAddress(), space)
    plugIn(space, bridge, host.address)
    // Rules of a cut have to be asked before the table that says which packets are for this host.
    ip('-n', space, 'rule', 'add', 'pref', '100', 'lookup', 'local')
    ip('-n', space, 'rule', 'del', 'pref', '0')
    spaceOf.set(host, space)
    return host
  }
  const nextAddress = () => `10.213.7.${++numbers}`
  const rule = (verb: string, from: Host, to: Host) => {
    const space = spaceOf.get(to) ?? ''
    ip('-n', space, 'rule', verb, 'pref', '1', 'from', from.address, 'blackhole')
  }
  try {
    ip('netns', 'add', bridge)
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge')
    ip('-n', bridge, 'link', 'set', 'br0', 'up')
    return {
      hosts: Array.from({ length: count }, add),
      cut: (from, to) => rule('add', from, to),
      mend: (from, to) => rule('del', from, to),
      addHidden() {
        const [router, space] = [addSpace(), addSpace()]
        plugIn(router, bridge, nextAddress())
        hideBehind(router, space)
        return hostAt(hiddenAddress, space)
      },
      move(host) {
        const space = spaceOf.get(host) ?? ''
        const moved = hostAt(nextAddress(), space)
        ip('-n', space, 'addr', 'del', `${host.address}/24`, 'dev', 'eth0')
        ip('-n', space, 'addr', 'add', `${moved.address}/24`, 'dev', 'eth0')
        spaceOf.set(moved, space)
        return moved
      },
      remove,
    }
  } catch (error) {
    remove()
    throw error
  }
}

const hiddenAddress = '192.168.213.2'
const routerAddress = '192.168.213.1'

/** What a router at home does: it forwards what comes from inside with its own address, and lets in answers alone. */
const routerRules = `
table ip od {
  chain out {
    type nat hook postrouting priority srcnat
    oifname "eth0" masquerade
  }
  chain in {
    type filter hook forward priority filter; policy drop
    iifname "inside" accept
    ct state established,related accept
  }
}`

function hideBehind(router: string, space: string): void {
  ip('-n', router, 'link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
  ip('-n', router, 'addr', 'add', `${routerAddress}/24`, 'dev', 'inside')
  ip('-n', router, 'link', 'set', 'inside', 'up')
  ip('-n', space, 'addr', 'add', `${hiddenAddress}/24`, 'dev', 'eth0')
  ip('-n', space, 'link', 'set', 'eth0', 'up')
  ip('-n', space, 'route', 'add', 'default', 'via', routerAddress)
  inside(router, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
  inside(router, ['nft', '-f', '-'], routerRules)
}

function hostAt(address: string, space: string): Host {
  return { address, prefix: ['ip', 'netns', 'exec', space] }
}

function plugIn(space: string, bridge: string, address: string): void {
  const outside = `h${address.split('.').at(-1)}`
  const eth = ['name', 'eth0', 'netns', space]
  ip('-n', bridge, 'link', 'add', outside, 'type', 'veth', 'peer', ...eth)
  ip('-n', bridge, 'link', 'set', outside, 'master', 'br0', 'up')
  ip('-n', space, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  ip('-n', space, 'link', 'set', 'eth0', 'up')
}

function namespaces(): string[] {
  const lines = ip('netns', 'list').split('\n')
  return lines.map((line) => line.split(' ')[0] ?? '').filter((name) => name !== '')
}

/** A call takes milliseconds; one that waits for the kernel's locks must not hold up the tests' own bounds. */
const bound = { timeout: 30_000, killSignal: 'SIGKILL' } as const

/** Runs `ip`; its output. Throws what it complains of. */
function ip(...args: string[]): string {
  return execFileSync('ip', args, { ...bound, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function inside(space: string, command: readonly string[], input = ''): void {
  const args = ['netns', 'exec', space, ...command]
  execFileSync('ip', args, { ...bound, input, stdio: ['pipe', 'pipe', 'pipe'] })
}
