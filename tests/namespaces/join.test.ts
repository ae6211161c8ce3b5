/** Three hosts, each with a node: how a newcomer gets from a command to serving its first request. */
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import {
  canHideHosts,
  canMakeHosts,
  type Host,
  makeNetwork,
  type Network,
} from '../support/hosts/index.ts'
import { MarkedProcess } from '../support/marked-process.ts'
import { n24 } from '../support/n24.ts'
import { until } from '../support/until.ts'
import { at, type HostNode, startOn, tokenOf, untilServed } from './hosts-setup.ts'

const canHosts = canMakeHosts()
const canHide = canHosts && canHideHosts()

/** From the command to the first request that the newcomer serves. */
const joinMsMax = 10_000

function network(count: number): Network {
  const made = makeNetwork(count)
  onTestFinished(() => made.remove())
  return made
}

const idOf = ({ peer }: HostNode) => peer.split('/').at(-1)

/** Joins by the command, and has each of `askers` ask for what only the newcomer has; the slowest answer counts. */
async function timeJoin(
  what: string,
  join: () => Promise<HostNode>,
  name: string,
  askers: readonly HostNode[],
): Promise<HostNode> {
  const startMs = performance.now()
  const served = Promise.all(
    askers.map(async (asker) => {
      const by = await untilServed(asker, `model-${name}`)
      return { by, ms: performance.now() - startMs }
    }),
  )
  const [newcomer, all] = await Promise.all([join(), served])
  const slowestMs = Math.max(...all.map(({ ms }) => ms))
  console.log(`${what}: ${Math.round(slowestMs)} ms from the command to the first request served`)
  for (const { by } of all) expect(by).toBe(idOf(newcomer))
  expect(slowestMs).toBeLessThan(joinMsMax)
  return newcomer
}

test.skipIf(!canHosts)('S-002, S-078: a node joins by address from another host', async () => {
  const [a, b, c] = network(3).hosts as [Host, Host, Host]
  const first = await startOn(a, 'first')
  const token = await tokenOf(first, 2)
  const args = ['join', '--peer', first.peer, '--token', token]
  const join = (host: Host, name: string) => () => startOn(host, name, args)
  const second = await timeJoin('join by address', join(b, 'second'), 'second', [first])
  await timeJoin('the third one', join(c, 'third'), 'third', [first, second])
})

test.skipIf(!canHosts)(
  'S-078: a node joins one that multicast DNS has found, of many the one that knows its token',
  async () => {
    const [a, b, c] = network(3).hosts as [Host, Host, Host]
    const [first, other] = await Promise.all([startOn(a, 'first'), startOn(c, 'other')])
    const token = await tokenOf(first)
    const join = () => startOn(b, 'second', ['join', '--token', token])
    await timeJoin('join by multicast DNS', join, 'second', [first])
    const status = await other.run(['nodes', 'list', '--json'])
    expect(
      z.looseObject({ nodes: z.array(z.unknown()) }).parse(JSON.parse(status)).nodes,
    ).toHaveLength(1)
  },
)

test.skipIf(!canHosts)(
  'without a token, what is found must be one cluster, and somebody must approve',
  async () => {
    const [a, b, c] = network(3).hosts as [Host, Host, Host]
    const alone = await startOn(a, 'alone')
    await expect(alone.run(['join'])).rejects.toThrow('no node was heard')
    const second = await startOn(b, 'second')
    await until('one to hear of the other', async () => {
      const listed = JSON.parse(await alone.run(['nodes', 'list', '--json'])) as {
        nearby: object[]
      }
      expect(listed.nearby).toEqual([expect.objectContaining({ name: 'second' })])
      return true
    })
    expect(await alone.run(['join', '--no-wait'])).toContain('waits for approval')
    await second.run(['nodes', 'approve', 'alone'])
    await untilServed(second, alone.model)
    const third = await startOn(c, 'third')
    const fourth = await startOn(a, 'fourth', ['start', '--link-port', '4002'])
    await expect(fourth.run(['join'])).rejects.toThrow('nodes of 2 clusters were heard')
    expect(await third.run(['join', '--token', await tokenOf(fourth)])).toContain(idOf(fourth))
  },
)

test.skipIf(!canHide)(
  'a node behind NAT that only dials out joins and serves, by way of the members',
  async () => {
    const net = network(2)
    const [a, b] = net.hosts as [Host, Host]
    const first = await startOn(a, 'first')
    const token = await tokenOf(first, 2)
    const args = ['join', '--peer', first.peer, '--token', token]
    const second = await startOn(b, 'second', args)
    await untilServed(first, second.model)
    const hidden = () => startOn(net.addHidden(), 'hidden', args)
    const newcomer = await timeJoin('join from behind NAT', hidden, 'hidden', [first, second])
    expect(await untilServed(newcomer, second.model)).toBe(idOf(second)) // the way out
    expect((await addressesOf(first, 'hidden')).filter(isCircuit).length).toBeGreaterThan(0)
    // And neither of those that can be dialled is taken for hidden.
    expect((await addressesOf(newcomer, 'first')).filter(isCircuit)).toEqual([])
    expect((await addressesOf(newcomer, 'second')).filter(isCircuit)).toEqual([])
  },
)

test.skipIf(!canHosts)(
  'a node joins and serves through a port that is forwarded to a member which knows nothing of it',
  async () => {
    const net = network(3)
    const [a, b, c] = net.hosts as [Host, Host, Host]
    const first = await startOn(a, 'first')
    const router = forward(c, 4_444, { host: a.address, port: 4_001 })
    await router.saw(/ready/)
    net.cut(a, b)
    net.cut(b, a)
    const peer = `/ip4/${c.address}/tcp/4444/p2p/${idOf(first)}`
    const args = ['join', '--peer', peer, '--token', await tokenOf(first)]
    const second = await startOn(b, 'second', args)
    expect(await untilServed(second, first.model)).toBe(idOf(first))
    expect(await untilServed(first, second.model)).toBe(idOf(second))
  },
)

test.skipIf(!canHosts)('a host that gets another address is in the cluster again', async () => {
  const net = network(2)
  const [a, b] = net.hosts as [Host, Host]
  const first = await startOn(a, 'first')
  const args = ['join', '--peer', first.peer, '--token', await tokenOf(first)]
  const second = await startOn(b, 'second', args)
  await untilServed(first, second.model)
  const startMs = performance.now()
  const moved = net.move(b)
  await untilServed(first, second.model)
  console.log(`another address: served again after ${Math.round(performance.now() - startMs)} ms`)
  expect(await untilServed({ ...second, host: moved }, first.model)).toBe(idOf(first))
  const isThere = async () => {
    const [newest = '', ...others] = await addressesOf(first, 'second')
    return newest === `/ip4/${moved.address}/tcp/4001` && others.every((one) => !isCircuit(one))
  }
  await until('it can be dialled there, and needs no relay', isThere)
  console.log(`another address: dialled again after ${Math.round(performance.now() - startMs)} ms`)
})

function forward(host: Host, port: number, to: { host: string; port: number }): MarkedProcess {
  const script = fileURLToPath(new URL('../support/hosts/forward-process.ts', import.meta.url))
  const places = [host.address, String(port), to.host, String(to.port)]
  const [command, ...args] = at(host, [n24, script, ...places])
  const process = new MarkedProcess({ command, args })
  onTestFinished(() => process.destroy())
  return process
}

const isCircuit = (address: string) => address.includes('/p2p-circuit/')

/** Where `asked` says that the node of this name is. */
async function addressesOf(asked: HostNode, name: string): Promise<readonly string[]> {
  const shown = JSON.parse(await asked.run(['nodes', 'show', name, '--json']))
  return z.looseObject({ addresses: z.array(z.string()) }).parse(shown).addresses
}
