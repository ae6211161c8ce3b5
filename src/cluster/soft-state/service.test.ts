import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { sealEntry } from './entry.ts'
import { type SoftStateService, startSoftState } from './index.ts'
import { encodePacket } from './packet.ts'
import { limits, timings } from './timings.ts'

const { lan } = timings
const halfRoundMs = lan.roundMs / 2

/** Services that reach each other by a call, as long as both are in `reachable`. */
function setUp(names: readonly string[]) {
  const clock = new ManualClock()
  const keys = new Map(names.map((name) => [name, generateKeyPairSync('ed25519')]))
  const services = new Map<string, SoftStateService>()
  const reachable = new Set(names)
  const changes: string[] = []
  const sent = { packets: 0, hanging: false }
  const start = (node: string, epoch: number) => {
    const { privateKey } = keys.get(node) as { privateKey: KeyObject }
    const service = startSoftState({
      self: { node, privateKey },
      epoch,
      body: { start: epoch },
      timings: lan,
      clock,
      seed: names.indexOf(node),
      async send(to, bytes) {
        sent.packets += 1
        if (sent.hanging) return new Promise(() => {})
        if (!reachable.has(node) || !reachable.has(to)) throw new Error('not reachable')
        return services.get(to)?.receive(node, bytes) ?? new Uint8Array(0)
      },
      onChange: (about, status) => changes.push(`${node}: ${about} ${status}`),
    })
    for (const other of names) if (other !== node) service.add(other, publicKeyOf(other))
    services.set(node, service)
    return service
  }
  const publicKeyOf = (name: string) => (keys.get(name) as { publicKey: KeyObject }).publicKey
  const pass = async (rounds: number) => {
    for (let half = 0; half < 2 * rounds; half++) {
      clock.advance(halfRoundMs)
      for (let i = 0; i < 5; i++) await turn()
    }
  }
  const view = (observer: string, node: string) =>
    services
      .get(observer)
      ?.members()
      .find((member) => member.node === node)
  for (const name of names) start(name, 1)
  return { services, reachable, changes, sent, keys, start, pass, view }
}

const rounds = (ms: number) => Math.ceil(ms / lan.roundMs)

describe('three nodes', () => {
  test('know of each other what each says, and what it says later', async () => {
    const { services, pass, view } = setUp(['a', 'b', 'c'])
    await pass(6)
    expect(view('a', 'c')).toEqual({ node: 'c', status: 'alive', body: { start: 1 } })
    services.get('c')?.publish({ loaded: ['pocket'] })
    await pass(4)
    for (const observer of ['a', 'b', 'c']) {
      expect(view(observer, 'c')?.body).toEqual({ loaded: ['pocket'] })
    }
  })

  test('suspect one that is gone within 2 s, call it dead within 10 s, and alive when it is back', async () => {
    const { reachable, pass, view } = setUp(['a', 'b', 'c'])
    await pass(6)
    reachable.delete('c')
    await pass(rounds(2_000))
    expect([view('a', 'c')?.status, view('b', 'c')?.status]).toEqual(['suspect', 'suspect'])
    await pass(rounds(8_000))
    expect([view('a', 'c')?.status, view('b', 'c')?.status]).toEqual(['dead', 'dead'])
    reachable.add('c')
    await pass(limits.deadProbeRounds + 4)
    for (const [observer, node] of ['ac', 'bc', 'ca', 'cb']) {
      expect(view(observer as string, node as string)?.status).toBe('alive')
    }
  })

  test('take a restarted one for the newer, also when its count of starts began again', async () => {
    const { services, start, pass, view } = setUp(['a', 'b', 'c'])
    await pass(6)
    services.get('c')?.stop()
    start('c', 5)
    await pass(6)
    expect(view('a', 'c')?.body).toEqual({ start: 5 })
    services.get('c')?.stop()
    start('c', 2)
    await pass(8)
    expect(view('a', 'c')?.body).toEqual({ start: 2 })
  })

  test('forget one that is removed and refuse what it sends', async () => {
    const { services, changes, pass, view } = setUp(['a', 'b', 'c'])
    await pass(6)
    for (const name of ['a', 'b']) services.get(name)?.remove('c')
    changes.length = 0
    services.get('c')?.publish({ still: 'here' })
    await pass(20)
    expect([view('a', 'c'), view('b', 'c')]).toEqual([undefined, undefined])
    expect(services.get('a')?.receive('c', encodePacket({ ping: 1 }))).toHaveLength(0)
    expect(
      changes.filter((change) => change.startsWith('a: c') || change.startsWith('b: c')),
    ).toEqual([])
  })
})

test('a peer that never answers has at most so many sends waiting', async () => {
  const { sent, pass } = setUp(['a', 'b'])
  sent.hanging = true
  await pass(50)
  expect(sent.packets).toBe(2 * limits.pendingSendsMax)
})

test('an entry with a signature of somebody else is not taken', async () => {
  const { services, keys, pass, view } = setUp(['a', 'b', 'c'])
  await pass(6)
  const head = { node: 'c', epoch: 9, sequence: 1, lifetimeMs: 1_000 }
  const { privateKey } = keys.get('b') as { privateKey: KeyObject }
  const forged = sealEntry(head, Buffer.from('{"forged":true}'), privateKey)
  services.get('a')?.receive('b', encodePacket({ entries: [forged] }))
  expect(view('a', 'c')?.body).toEqual({ start: 1 })
})
