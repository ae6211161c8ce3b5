/** Three hosts, each with a node: how a newcomer gets from a command to serving its first request. */
import { expect, test } from 'vitest'
import { z } from 'zod'
import { canHideHosts, canMakeHosts, type Host } from '../support/hosts/index.ts'
import {
  addressesOf,
  type HostNode,
  idOf,
  isCircuit,
  networkOf,
  startOn,
  tokenOf,
  untilServed,
} from './hosts-setup.ts'

const canHosts = canMakeHosts()
const canHide = canHosts && canHideHosts()

/** From the command to the first request that the newcomer serves. */
const joinMsMax = 10_000

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
  const [a, b, c] = networkOf(3).hosts as [Host, Host, Host]
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
    const [a, b, c] = networkOf(3).hosts as [Host, Host, Host]
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

test.skipIf(!canHide)(
  'a node behind NAT that only dials out joins and serves, by way of the members',
  async () => {
    const net = networkOf(2)
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
