import { generateKeyPairSync } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../sys/clock.ts'
import { silentLog } from '../../sys/log.ts'
import { type PeerId, peerIdOf } from '../identity/index.ts'
import { encodeFullList } from './full-list.ts'
import { limits } from './limits.ts'
import type { ClusterMember } from './ports.ts'
import { startNeighbourEngines } from './service.ts'

const peer = peerIdOf(generateKeyPairSync('ed25519').publicKey) as PeerId
const id = `one@${peer}`
const engine = {
  id: 'one',
  kind: 'adopted',
  url: 'http://127.0.0.1:1',
  state: 'running',
  slots: 4,
  active: 0,
  queued: 0,
  models: [0],
  loaded: [],
} as const
const bodyOf = (change: object = {}) => ({
  engines: { models: [['a:latest', 'd']], engines: [{ ...engine, ...change }] },
})
const full = {
  id: 'one',
  kind: 'adopted',
  url: 'http://127.0.0.1:1',
  managed: false,
  state: 'running',
  sinceMs: 5,
  reason: 'it answers',
  models: [{ name: 'a:latest', digest: 'd', modified_at: '2026-01-01T00:00:00Z', size: 7 }],
  loaded: [],
  activeRequests: 0,
} as const

/** One other member, and a link that answers, or not, as the test says. */
function setUp({ isOwnInUse = true } = {}) {
  const clock = new ManualClock()
  const listeners = new Set<() => void>()
  let members: ClusterMember[] = [
    { peer, name: 'other', status: 'alive', isDraining: false, role: 'full', body: bodyOf() },
  ]
  const link = { asked: 0, how: 'answers' as 'answers' | 'fails' | 'hangs', late: () => {} }
  const dispatch = (_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
    link.asked++
    const controller = { abort: () => {} } as unknown as Dispatcher.DispatchController
    const answer = () => {
      handler.onRequestStart?.(controller, {})
      handler.onResponseStart?.(controller, 200, {})
      handler.onResponseData?.(controller, Buffer.from(encodeFullList([full])))
      handler.onResponseEnd?.(controller, {})
    }
    link.late = answer
    if (link.how === 'answers') queueMicrotask(answer)
    if (link.how === 'fails') {
      queueMicrotask(() => handler.onResponseError?.(controller, new Error('refused')))
    }
    return true
  }
  const service = startNeighbourEngines({
    self: 'self',
    cluster: {
      members: () => members,
      linkTo: () => ({ dispatch }),
      onChange(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    isOwnInUse: () => isOwnInUse,
    clock,
    log: silentLog,
  })
  const hear = (change: Partial<ClusterMember> | undefined) => {
    members = change === undefined ? [] : members.map((one) => ({ ...one, ...change }))
    for (const tell of listeners) tell()
    clock.advance(limits.newsMs)
  }
  const state = () => service.list()[0]?.state
  return { clock, service, hear, link, state }
}

/** Time in which what is asked can be answered. */
const pass = async (clock: ManualClock, ms: number) => {
  for (let passedMs = 0; passedMs < ms; passedMs += 250) {
    clock.advance(250)
    await settled()
  }
}

const settled = async () => {
  for (let i = 0; i < 5; i++) await turn()
}

describe('engines of another node', () => {
  test('are candidates under an id of their own, by the names that it told', () => {
    const { service } = setUp()
    expect(service.list()).toMatchObject([
      { id, node: peer, state: 'running', slots: 4, models: [{ name: 'a:latest' }] },
    ])
  })

  test.each<[string, Partial<ClusterMember>, string | undefined]>([
    ['suspect', { status: 'suspect' }, 'unhealthy'],
    ['dead', { status: 'dead' }, 'unhealthy'],
    ['draining', { isDraining: true }, 'stopped'],
    ['a gateway', { role: 'gateway' }, undefined],
    ['a store', { role: 'storage' }, undefined],
    ['saying nonsense', { body: { engines: 7 } }, undefined],
    ['saying that its engine is away', { body: bodyOf({ state: 'restarting' }) }, 'restarting'],
  ])('are none while it is %s', (_, change, expected) => {
    const { hear, state } = setUp()
    hear(change)
    expect(state()).toBe(expected)
    hear({ status: 'alive', isDraining: false, role: 'full', body: bodyOf() })
    expect(state()).toBe('running')
  })

  test('are forgotten with it', () => {
    const { hear, service } = setUp()
    hear(undefined)
    expect([service.list(), service.listings()]).toEqual([[], []])
  })

  test('have the load that they told, and what was sent since; their lists stay the same objects', () => {
    const { hear, service } = setUp()
    const active = () => service.list()[0]?.activeRequests
    const { models } = service.list()[0] ?? {}
    const first = service.enter(id)
    const second = service.enter(id)
    expect(active()).toBe(2)
    hear({ body: bodyOf({ active: 5, queued: 1 }) }) // ours are among them
    expect([active(), service.list()[0]?.queuedRequests]).toEqual([5, 1])
    service.enter(id)
    expect(active()).toBe(6)
    first.finish('answered')
    first.finish('answered')
    second.finish('answered')
    expect(active()).toBe(4)
    expect(service.list()[0]?.models).toBe(models)
  })

  test('the list is the same while nothing changes', () => {
    const { service } = setUp()
    expect(service.list()).toBe(service.list())
  })
})

describe('a request at such an engine', () => {
  test.each<[string, Partial<ClusterMember> | undefined, string[]]>([
    ['suspect', { status: 'suspect' }, ['doubted']],
    ['dead', { status: 'dead' }, ['lost']],
    ['no member', undefined, ['lost']],
    ['saying that it is not well', { body: bodyOf({ state: 'unhealthy' }) }, ['doubted']],
    ['draining', { isDraining: true }, []],
    ['saying that it was stopped', { body: bodyOf({ state: 'stopped' }) }, []],
  ])('hears when its node is %s', (_, change, expected) => {
    const { hear, service } = setUp()
    const heard: string[] = []
    service.enter(id).whenOut((why) => heard.push(why))
    hear(change)
    expect(heard).toEqual(expected)
  })

  test('is not told of a doubt when no other engine is in use, and of a loss it is', () => {
    const { hear, service } = setUp({ isOwnInUse: false })
    const heard: string[] = []
    service.enter(id).whenOut((why) => heard.push(why))
    hear({ status: 'suspect' })
    expect(heard).toEqual([])
    hear({ status: 'dead' })
    expect(heard).toEqual(['lost'])
  })

  test('hears nothing once it does not watch any more', () => {
    const { hear, service } = setUp()
    const heard: string[] = []
    service.enter(id).whenOut((why) => heard.push(why))()
    hear({ status: 'dead' })
    expect(heard).toEqual([])
  })
})

describe('a node that a request did not reach', () => {
  test('gets none until it answers; it is asked less and less often', async () => {
    const { service, link, state, clock } = setUp()
    await settled()
    link.how = 'fails'
    const waiting: string[] = []
    service.enter(id).whenOut((why) => waiting.push(why))
    service.enter(id).finish('unreachable')
    expect([state(), waiting]).toEqual(['unhealthy', ['doubted']])
    await settled()
    const before = link.asked
    await pass(clock, 10_000)
    expect(link.asked - before).toBeLessThan(8)
    expect(state()).toBe('unhealthy')
    link.how = 'answers'
    await pass(clock, limits.longestLookMs)
    expect(state()).toBe('running')
  })

  test('is asked, and stays in use when it answers, after a link broke on the way', async () => {
    const { service, link, state } = setUp()
    await settled()
    const before = link.asked
    service.enter(id).finish('died')
    await settled()
    expect([link.asked - before, state()]).toEqual([1, 'running'])
    link.how = 'fails'
    service.enter(id).finish('died')
    await settled()
    expect(state()).toBe('unhealthy')
  })

  test('is asked when it says nothing, and those that wait for its first byte are told when it does not answer', async () => {
    const { service, link, state, clock } = setUp()
    await settled()
    const waiting: string[] = []
    const pass = service.enter(id)
    pass.whenOut((why) => waiting.push(why))
    const before = link.asked
    clock.advance(limits.silenceMs)
    await settled()
    expect([link.asked - before, state()]).toEqual([1, 'running'])
    link.how = 'hangs'
    clock.advance(limits.longestLookMs + limits.listAnswerMs)
    await settled()
    expect([state(), waiting]).toEqual(['unhealthy', ['doubted']])
  })

  test('is left alone while its answers begin or are over', async () => {
    const { service, link, clock } = setUp()
    await settled()
    const before = link.asked
    const stream = service.enter(id)
    stream.answering(true)
    service.enter(id).finish('answered')
    service.enter(id).leave(() => {})
    clock.advance(limits.streamSilenceMs - 1)
    stream.finish('answered')
    clock.advance(60_000)
    await settled()
    expect(link.asked - before).toBe(0)
  })

  test('is asked while a stream of it goes on for long, which hears again and again when it does not answer', async () => {
    const { service, link, clock } = setUp()
    await settled()
    const heard: string[] = []
    const stream = service.enter(id)
    stream.answering(true)
    stream.whenOut((why) => heard.push(why))
    const before = link.asked
    clock.advance(limits.streamSilenceMs)
    await settled()
    expect([link.asked - before, heard]).toEqual([1, []])
    link.how = 'fails'
    await pass(clock, 20_000)
    expect(heard.slice(0, 3)).toEqual(['doubted', 'silent', 'silent'])
    link.how = 'answers'
    await pass(clock, limits.longestLookMs)
    const told = heard.length
    await pass(clock, 60_000)
    expect(heard).toHaveLength(told)
  })

  test('is looked at at once when the others hear of it again', async () => {
    const { service, link, state, hear, clock } = setUp()
    link.how = 'fails'
    await settled()
    service.enter(id).finish('unreachable')
    for (let i = 0; i < 10; i++) {
      clock.advance(limits.longestLookMs)
      await settled()
    }
    hear({ status: 'dead' })
    link.how = 'answers'
    hear({ status: 'alive' })
    await settled()
    expect(state()).toBe('running')
  })
})

describe('lists of other nodes', () => {
  test('are asked for at the first sight of a node, and have everything', async () => {
    const { service } = setUp()
    expect(service.listings()).toMatchObject([{ id, models: [] }])
    await settled()
    expect(service.listings()).toMatchObject([
      { id, node: peer, reason: 'it answers', models: [{ name: 'a:latest', size: 7 }] },
    ])
  })

  test('keep their reader for 300 ms at most; what comes later is there for the next', async () => {
    const { service, link, clock } = setUp()
    await settled()
    link.how = 'hangs'
    clock.advance(1)
    let isOver = false
    void service.refresh(0).then(() => {
      isOver = true
    })
    clock.advance(limits.refreshMsMax - 1)
    await settled()
    expect(isOver).toBe(false)
    clock.advance(1)
    await settled()
    expect(isOver).toBe(true)
    expect(service.listings()[0]?.models).toHaveLength(1)
    const before = service.listings()
    link.late()
    await settled()
    expect(service.listings()).not.toBe(before)
  })

  test('are asked for once by many, and not at all while they are young enough', async () => {
    const { service, link, clock } = setUp()
    await settled()
    clock.advance(100)
    const before = link.asked
    await Promise.all([service.refresh(0), service.refresh(0), service.refresh(50)])
    expect(link.asked - before).toBe(1)
    await service.refresh(1_000)
    expect(link.asked - before).toBe(1)
  })

  test('show an engine as its node stands, whatever it said last', async () => {
    const { service, hear } = setUp()
    await settled()
    hear({ status: 'suspect' })
    expect(service.listings()[0]).toMatchObject({
      state: 'unhealthy',
      reason: 'its node other is suspect',
    })
  })
})
