/** Hosts, each with a node, that reach each other in unusual ways or have to be told which cluster is meant. */
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { canMakeHosts, type Host } from '../support/hosts/index.ts'
import { MarkedProcess } from '../support/marked-process.ts'
import { n24 } from '../support/n24.ts'
import { until } from '../support/until.ts'
import {
  addressesOf,
  at,
  idOf,
  isCircuit,
  networkOf,
  startOn,
  tokenOf,
  untilServed,
} from './hosts-setup.ts'

const canHosts = canMakeHosts()

test.skipIf(!canHosts)(
  'without a token, what is found must be one cluster, and somebody must approve',
  async () => {
    const [a, b, c] = networkOf(3).hosts as [Host, Host, Host]
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

test.skipIf(!canHosts)(
  'a node joins and serves through a port that is forwarded to a member which knows nothing of it',
  async () => {
    const net = networkOf(3)
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
  const net = networkOf(2)
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
