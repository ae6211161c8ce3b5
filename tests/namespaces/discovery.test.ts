/** Nodes of one network find each other by multicast DNS. */
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { newIdentity } from '../integration/links/link-setup.ts'
import type { DiscoveryLine, DiscoverySettings } from '../support/hosts/discovery-process.ts'
import { canMakeHosts, type Host, makeNetwork, type Network } from '../support/hosts/index.ts'
import { MarkedProcess } from '../support/marked-process.ts'
import { n24 } from '../support/n24.ts'
import { runToEnd } from '../support/node-process.ts'
import { until, within } from '../support/until.ts'
import { at } from './hosts-setup.ts'

const canHosts = canMakeHosts()
const script = fileURLToPath(new URL('../support/hosts/discovery-process.ts', import.meta.url))
const lineOf = (host: Host, settings: DiscoverySettings) =>
  at(host, [n24, script, JSON.stringify(settings)])

const clusterId = '0123456789abcdef0123456789abcdef'

function network(count: number): Network {
  const made = makeNetwork(count)
  onTestFinished(() => made.remove())
  return made
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DiscoveryLine)

/** One that announces itself until it is stopped. */
function announce(host: Host, name: string) {
  const { peer } = newIdentity()
  const [command, ...args] = lineOf(host, { peer, name, clusterId, port: 4001 })
  const child = new MarkedProcess({ command, args })
  onTestFinished(() => child.destroy())
  return {
    peer,
    address: `/ip4/${host.address}/tcp/4001/p2p/${peer}`,
    found: () => linesOf(child.stdout()).findLast(({ found }) => found !== undefined)?.found ?? [],
    /** Ends it; it says goodbye. */
    async stop() {
      child.stdin.end()
      return await within('its end', child.exited)
    },
  }
}

const untilFound = (
  by: ReturnType<typeof announce>,
  addresses: readonly string[],
  timeoutMs = 10_000,
) =>
  until(
    `${addresses.join(' ')} found`,
    () => {
      const found = by.found().map((node) => node.addresses[0] ?? '')
      if (found.toSorted().join() === addresses.toSorted().join()) return true
      throw new Error(found.join(' '))
    },
    { timeoutMs },
  )

test.skipIf(!canHosts)('nodes find each other, hear a goodbye, and end by themselves', async () => {
  const [first, second] = network(2).hosts as [Host, Host]
  const startMs = performance.now()
  const one = announce(first, 'one')
  const two = announce(second, 'two')
  const three = announce(second, 'three') // beside another node of the same host
  await untilFound(one, [two.address, three.address])
  console.log(`discovery: found after ${Math.round(performance.now() - startMs)} ms`)
  await untilFound(two, [one.address, three.address])
  await untilFound(three, [one.address, two.address])
  expect((await two.stop()).code).toBe(0) // nothing of it keeps the process alive
  await untilFound(one, [three.address])
})

test.skipIf(!canHosts)('who only looks around finds them, and is not found', async () => {
  const [first, second] = network(2).hosts as [Host, Host]
  const one = announce(first, 'one')
  const two = announce(second, 'two')
  await untilFound(one, [two.address])
  const look = { name: '', clusterId, port: 1, lookMs: 1_500 }
  const [command, ...args] = lineOf(second, look)
  const { stdout, code } = await runToEnd({ command, args })
  expect(code).toBe(0)
  const found = linesOf(stdout)[0]?.found ?? []
  expect(found.map(({ name }) => name).toSorted()).toEqual(['one', 'two'])
  expect(found.flatMap(({ addresses }) => addresses).toSorted()).toEqual(
    [one.address, two.address].toSorted(),
  )
  expect(one.found().map(({ name }) => name)).toEqual(['two'])
})

test.skipIf(!canHosts)('a host that gets another address is found there', async () => {
  const net = network(2)
  const [first, second] = net.hosts as [Host, Host]
  const one = announce(first, 'one')
  const two = announce(second, 'two')
  await untilFound(one, [two.address])
  const moved = net.move(second)
  await untilFound(one, [`/ip4/${moved.address}/tcp/4001/p2p/${two.peer}`], 15_000)
  await untilFound(two, [one.address])
})

test.skipIf(!canHosts)('a host without a network says so once, and goes on', async () => {
  const [lonely] = network(1).hosts as [Host]
  const [program, ...down] = at(lonely, ['ip', 'link', 'del', 'eth0'])
  await runToEnd({ command: program, args: down })
  const look = { name: '', clusterId, port: 1, lookMs: 6_000 } // it looks for networks twice
  const [command, ...args] = lineOf(lonely, look)
  const { stdout, code } = await runToEnd({ command, args })
  expect(code).toBe(0)
  expect(linesOf(stdout)).toEqual([{ logged: 'discovery.unavailable' }, { found: [] }])
})
