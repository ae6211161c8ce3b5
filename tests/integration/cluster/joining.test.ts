import { readdir, readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/sys/clock.ts'
import { type ClusterNode, startClusterNode } from '../../support/cluster-node.ts'
import { until } from '../../support/until.ts'

type Options = Parameters<typeof startClusterNode>[0]

async function start(options: Options = {}): Promise<ClusterNode> {
  const node = await startClusterNode(options)
  onTestFinished(() => node.remove())
  return node
}

const hour = 3_600_000
const tokenOf = async ({ actions }: ClusterNode, wanted = { uses: 1, ttlMs: hour }) =>
  (await actions.createToken(wanted)).text

/** Names and states of the nodes that one sees. */
const seenBy = ({ actions }: ClusterNode) =>
  Object.fromEntries(actions.nodes().map(({ name, state }) => [name, state]))

const untilSeen = (node: ClusterNode, expected: Record<string, string>) =>
  until(`${JSON.stringify(expected)} at ${node.cluster.self.name}`, () =>
    isDeepStrictEqual(seenBy(node), expected),
  )

/** Two nodes of one cluster, the first of which keeps its state. */
async function startPair() {
  const first = await start({ name: 'first' })
  const second = await start({ name: 'second' })
  await second.actions.join([first.address], await tokenOf(first))
  await untilSeen(first, { first: 'alive', second: 'alive' })
  await untilSeen(second, { first: 'alive', second: 'alive' })
  return { first, second }
}

describe('joining with a token', () => {
  test('makes a member at once, which all members see', async () => {
    const { second } = await startPair()
    const third = await start({ name: 'third' })
    const token = await tokenOf(second) // any member makes one, and any member is asked
    expect(await third.actions.join([second.address], token)).toMatchObject({ outcome: 'admitted' })
    const all = { first: 'alive', second: 'alive', third: 'alive' }
    await untilSeen(third, all)
    await untilSeen(second, all)
    expect(second.actions.tokens().map(({ usesLeft }) => usesLeft)).toEqual([0, 0])
  })

  test('a token admits as many as it may, and no more, however they race', async () => {
    const first = await start({ name: 'first' })
    const token = await tokenOf(first, { uses: 2, ttlMs: hour })
    const others = await Promise.all(['a', 'b', 'c', 'd'].map((name) => start({ name })))
    const outcomes = await Promise.all(
      others.map(({ actions }) =>
        actions.join([first.address], token).then(
          ({ outcome }) => outcome,
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(outcomes.toSorted()).toEqual(['OD_JOIN_USED', 'OD_JOIN_USED', 'admitted', 'admitted'])
    expect(first.cluster.members().length).toBe(3)
  })

  test('asking again costs nothing', async () => {
    const { first, second } = await startPair()
    expect(await second.actions.join([first.address], undefined)).toMatchObject({
      outcome: 'admitted',
    })
  })

  test.each([
    ['an unknown one', () => '00000000.00000000000000000000000000000000', 'OD_JOIN_TOKEN'],
    ['no token at all', () => 'hunter2', 'OD_JOIN_TOKEN'],
    ['one with another secret', (text: string) => `${text.slice(0, -4)}0000`, 'OD_JOIN_TOKEN'],
  ])('%s is refused', async (_, change, code) => {
    const first = await start()
    const newcomer = await start()
    const token = change(await tokenOf(first))
    await expect(newcomer.actions.join([first.address], token)).rejects.toMatchObject({ code })
    expect(first.actions.nodes().length).toBe(1)
  })

  test('a revoked one is refused, and one that has expired by the clock of the member', async () => {
    let aheadMs = 0
    const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs }
    const first = await start({ name: 'first', clock })
    const newcomer = await start()
    const revoked = await tokenOf(first)
    await first.actions.revokeToken(revoked.slice(0, 8))
    const join = (token: string) => newcomer.actions.join([first.address], token)
    await expect(join(revoked)).rejects.toMatchObject({ code: 'OD_JOIN_TOKEN' })
    const expired = await tokenOf(first)
    aheadMs = 2 * hour
    const { clockOffMs } = await newcomer.actions
      .join([first.address], await tokenOf(first))
      .then(async (joined) => {
        await newcomer.actions.leave()
        return joined
      })
    expect(Math.round(clockOffMs / hour)).toBe(-2) // it is told how far its own clock is off
    await expect(join(expired)).rejects.toMatchObject({
      code: 'OD_JOIN_EXPIRED',
      message: 'the token expired 60 min ago by the clock of first',
    })
  })
})

describe('joining without a token', () => {
  test('waits until somebody approves it, on any member', async () => {
    const { first, second } = await startPair()
    const newcomer = await start({ name: 'newcomer' })
    expect(await newcomer.actions.join([first.address], undefined)).toMatchObject({
      outcome: 'pending',
    })
    expect(newcomer.actions.facts().joining).toMatchObject({ node: 'first' })
    await untilSeen(second, { first: 'alive', second: 'alive', newcomer: 'waiting' })
    await second.actions.approve('newcomer')
    await untilSeen(newcomer, { first: 'alive', second: 'alive', newcomer: 'alive' })
    expect(newcomer.actions.facts().joining).toBeUndefined()
  })

  test('one that is rejected is told so, and needs a token from then on', async () => {
    const first = await start({ name: 'first' })
    const newcomer = await start({ name: 'newcomer' })
    await newcomer.actions.join([first.address], undefined)
    await untilSeen(first, { first: 'alive', newcomer: 'waiting' })
    await first.actions.reject('newcomer')
    await until('the refusal', () => newcomer.actions.facts().joining?.error !== undefined)
    expect(newcomer.actions.facts().joining?.error).toBe('the wish to join was rejected')
    expect(await newcomer.actions.join([first.address], await tokenOf(first))).toMatchObject({
      outcome: 'admitted',
    })
  })

  test('a wish can be given up', async () => {
    const first = await start({ name: 'first' })
    const newcomer = await start({ name: 'newcomer' })
    await newcomer.actions.join([first.address], undefined)
    newcomer.actions.stopJoining()
    expect(newcomer.actions.facts().joining).toBeUndefined()
    await untilSeen(first, { first: 'alive', newcomer: 'waiting' })
    await first.actions.approve('newcomer')
    expect(newcomer.actions.nodes().length).toBe(1)
  })
})

describe('what cannot be joined', () => {
  test('is named: a wrong id, a closed port, a node itself, no address', async () => {
    const [first, other, newcomer] = [await start(), await start(), await start()]
    const join = (address: string) => newcomer.actions.join([address], undefined)
    const wrong = first.address.replace(/12D3.*/, other.cluster.self.peer)
    await expect(join(wrong)).rejects.toMatchObject({ code: 'OD_LINK_WRONG_ID' })
    await other.end()
    await expect(join(other.address)).rejects.toMatchObject({ code: 'OD_LINK_PORT_CLOSED' })
    await expect(join(newcomer.address)).rejects.toMatchObject({ code: 'OD_JOIN_SELF' })
    await expect(join('192.168.1.100:4001')).rejects.toMatchObject({ code: 'OD_JOIN_ADDRESS' })
  })

  test('a node with members of its own stays where it is', async () => {
    const { first } = await startPair()
    const other = await start({ name: 'other' })
    await expect(first.actions.join([other.address], undefined)).rejects.toMatchObject({
      code: 'OD_JOIN_HAS_MEMBERS',
    })
  })

  test('the next address is asked where the first cannot be reached', async () => {
    const [first, gone, newcomer] = [await start(), await start(), await start()]
    await gone.end()
    const addresses = [gone.address, first.address]
    expect(await newcomer.actions.join(addresses, await tokenOf(first))).toMatchObject({
      outcome: 'admitted',
    })
  })
})

describe('a member that goes', () => {
  test('leaves, and both go on without each other', async () => {
    const { first, second } = await startPair()
    expect(await second.actions.leave()).toEqual({ isTold: true })
    await untilSeen(first, { first: 'alive' })
    expect(seenBy(second)).toEqual({ second: 'alive' })
    expect(await second.actions.join([first.address], await tokenOf(first))).toMatchObject({
      outcome: 'admitted',
    })
  })

  test('leaves also when the cluster cannot be told', async () => {
    const { first, second } = await startPair()
    await first.end()
    expect(await second.actions.leave()).toEqual({ isTold: false })
    expect(seenBy(second)).toEqual({ second: 'alive' })
  })

  test('the one that keeps the state of the cluster does not leave it to others', async () => {
    const { first } = await startPair()
    await expect(first.actions.leave()).rejects.toMatchObject({ code: 'OD_LEAVE_HOLDER' })
  })

  test('is removed: it is refused at once, hears of it, and comes back with a token only', async () => {
    const first = await start({ name: 'first' })
    const events: string[] = []
    const second = await start({ name: 'second', onEvent: (type) => events.push(type) })
    await second.actions.join([first.address], await tokenOf(first))
    await untilSeen(first, { first: 'alive', second: 'alive' })
    await first.actions.remove('second')
    expect(seenBy(first)).toEqual({ first: 'alive' })
    await until('the refusal', () => second.actions.facts().isRefused)
    expect(events).toContain('cluster.refused')
    const join = (token?: string) => second.actions.join([first.address], token)
    await expect(join()).rejects.toMatchObject({ code: 'OD_JOIN_REMOVED' })
    expect(await join(await tokenOf(first))).toMatchObject({ outcome: 'admitted' })
    await untilSeen(first, { first: 'alive', second: 'alive' })
  })
})

describe('a node that comes back', () => {
  test('is a member still, at another address, by whichever member it can reach', async () => {
    const { first, second } = await startPair()
    const third = await start({ name: 'third' })
    await third.actions.join([first.address], await tokenOf(first))
    await untilSeen(third, { first: 'alive', second: 'alive', third: 'alive' })
    await untilSeen(second, { first: 'alive', second: 'alive', third: 'alive' })
    await third.end()
    await first.end() // who keeps the state is away, too
    const back = await start({ name: 'third', directory: third.directory }) // another port
    expect(back.address).not.toBe(third.address)
    const peer = `/p2p/${back.cluster.self.peer}`
    await until('second sees it there', () => {
      const { state, addresses } = second.actions.node('third')
      return state === 'alive' && `${addresses[0]}${peer}` === back.address
    })
  })

  test('goes on with what it knew while the state cannot be reached, and says how old it is', async () => {
    const { first, second } = await startPair()
    await first.end()
    await second.end()
    const back = await start({ name: 'second', directory: second.directory })
    expect(Object.keys(seenBy(back)).sort()).toEqual(['first', 'second'])
    const { copyAgeMs, isHolder } = back.actions.facts()
    expect(isHolder).toBe(false)
    expect(copyAgeMs).toBeGreaterThan(0)
    await expect(tokenOf(back)).rejects.toMatchObject({ code: expect.stringMatching(/^OD_STATE_/) })
  })
})

describe('a kill in the middle of a change of clusters', () => {
  /** The files of a node as they were at two moments. */
  const filesOf = async ({ directory }: ClusterNode) => {
    const names = (await readdir(directory.path)).filter((name) => !name.endsWith('.key'))
    const texts = names.map(async (name) => [name, await readFile(directory.inside(name))] as const)
    return new Map(await Promise.all(texts))
  }

  test('leaves it in the old cluster before the file is replaced, in the new one after it', async () => {
    const first = await start({ name: 'first' })
    const joiner = await start({ name: 'joiner' })
    const before = await filesOf(joiner)
    await joiner.actions.join([first.address], await tokenOf(first))
    await untilSeen(joiner, { first: 'alive', joiner: 'alive' })
    await joiner.end()
    const membership = await readFile(joiner.directory.inside('membership.json'))
    // Killed after the file was replaced: the database of the old cluster is still there, nothing of the new one.
    for (const [name, bytes] of before) await writeFile(joiner.directory.inside(name), bytes)
    await writeFile(joiner.directory.inside('membership.json'), membership)
    const after = await start({ name: 'joiner', directory: joiner.directory })
    await untilSeen(after, { first: 'alive', joiner: 'alive' })
    expect((await filesOf(after)).has('cluster.db')).toBe(false)
    await after.end()
    // Killed before it: a member that does not know of it, and asks again.
    for (const [name, bytes] of before) await writeFile(joiner.directory.inside(name), bytes)
    const again = await start({ name: 'joiner', directory: joiner.directory })
    expect(seenBy(again)).toEqual({ joiner: 'alive' })
    expect(await again.actions.join([first.address], undefined)).toMatchObject({
      outcome: 'admitted',
    })
  })

  test('a database that is left of another cluster is not taken for its own', async () => {
    const { first, second } = await startPair()
    const database = (await filesOf(first)).get('cluster.db') ?? ''
    await second.actions.leave()
    await second.end()
    for (const name of ['cluster.db-wal', 'cluster.db-shm']) {
      await writeFile(second.directory.inside(name), '').catch(() => undefined)
    }
    await writeFile(second.directory.inside('cluster.db'), database)
    const back = await start({ name: 'second', directory: second.directory })
    expect(seenBy(back)).toEqual({ second: 'alive' })
  })
})

test('when a member was heard last is shown as it is, also while nothing changes', async () => {
  const { first } = await startPair()
  const heardMs = () => first.actions.node('second').heardMs ?? 0
  for (let times = 0; times < 4; times++) {
    const before = heardMs()
    await until('it is heard again', () => heardMs() > before, { timeoutMs: 1_000 })
  }
  expect(Date.now() - heardMs()).toBeLessThan(2_000)
})

test('labels and draining are seen by all members', async () => {
  const { first, second } = await startPair()
  await second.actions.label('second', { room: 'attic', gpu: 'none' })
  await second.actions.label('second', { gpu: '' })
  expect(second.actions.node('second').labels).toEqual({ room: 'attic' })
  await first.actions.setDraining('second', true)
  await until('second hears of it', () => second.actions.node('second').isDraining)
  expect(first.actions.node('second')).toMatchObject({
    isDraining: true,
    labels: { room: 'attic' },
  })
  await first.actions.setDraining('second', false)
  expect(first.actions.node('second').isDraining).toBe(false)
})
