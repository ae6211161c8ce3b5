import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../sys/random.ts'
import type { LoadOptions } from '../../runner/index.ts'
import {
  initialResidency,
  type ResidencyBounds,
  type ResidencyEffect,
  type ResidencyEvent,
  type ResidencyState,
  step,
} from './residency.ts'

const minute = 60_000
const bounds = {
  residentsMax: 2,
  waitingMax: 8,
  keepAliveMs: 5 * minute,
  eviction: 'ollama',
} as const

/** A small world around the decision: it keeps the effects, and can play them back as a machine would. */
class World {
  state: ResidencyState
  memoryBytes = 1_000
  nowMs = 0
  effects: ResidencyEffect[] = []

  constructor(own: Partial<ResidencyBounds> = {}) {
    this.state = initialResidency({ ...bounds, ...own })
  }

  send(event: ResidencyEvent): ResidencyEffect[] {
    const decision = step(this.state, event, this.nowMs)
    this.state = decision.state
    this.effects.push(...decision.effects)
    return [...decision.effects]
  }

  ask(id: number, path: string, keepAliveMs?: number, contextTokens = 4096, bytes = 1) {
    return this.send({
      type: 'request.arrived',
      wanted: { id, load: options(path, contextTokens), bytes, keepAliveMs },
      memoryBytes: this.memoryBytes,
    })
  }

  loaded = (path: string) => this.send({ type: 'runner.loaded', path })
  exited = (path: string) => this.send({ type: 'runner.exited', path })
  finished = (id: number) => this.send({ type: 'request.finished', id })
  phase = (path: string) => this.state.residents.get(path)?.phase
}

function options(path: string, contextTokens: number): LoadOptions {
  return { path, contextTokens, parallel: 4, batchTokens: 512, threadCounts: [1], gpuLayers: -1 }
}

/** Has models loaded one after the other, each idle since its one request. */
function ready(world: World, paths: readonly string[], keepAliveMs?: number) {
  paths.forEach((path, id) => {
    world.ask(id + 100, path, keepAliveMs)
    world.loaded(path)
    world.finished(id + 100)
    world.nowMs += 1_000
  })
}

const types = (effects: readonly ResidencyEffect[]) => effects.map(({ type }) => type)

describe('a model that is asked for', () => {
  test('is loaded once however many wait, and granted to all of them in order', () => {
    const world = new World()
    expect(types(world.ask(1, 'a'))).toEqual(['load'])
    expect(world.ask(2, 'a')).toEqual([])
    expect(world.loaded('a')).toEqual([
      { type: 'grant', id: 1, path: 'a' },
      { type: 'grant', id: 2, path: 'a' },
    ])
    expect(world.ask(3, 'a')).toEqual([{ type: 'grant', id: 3, path: 'a' }])
  })

  test('stays for its keep-alive after the last request, then goes', () => {
    const world = new World()
    world.ask(1, 'a', 2 * minute)
    world.loaded('a')
    expect(world.finished(1)).toEqual([{ type: 'startTimer', path: 'a', delayMs: 2 * minute }])
    world.nowMs = 2 * minute
    expect(world.send({ type: 'timer.fired', path: 'a' })).toEqual([{ type: 'kill', path: 'a' }])
    expect(world.phase('a')).toBe('stopping')
    world.exited('a')
    expect(world.phase('a')).toBeUndefined()
  })

  test('keeps the last explicit keep-alive when a later request names none', () => {
    const world = new World()
    world.ask(1, 'a', Number.POSITIVE_INFINITY)
    world.loaded('a')
    world.ask(2, 'a')
    world.finished(1)
    expect(world.finished(2)).toEqual([])
    expect(world.state.residents.get('a')?.expiresAtMs).toBe(Number.POSITIVE_INFINITY)
  })

  test('is unloaded by keep-alive 0 when its last request ends, not earlier', () => {
    const world = new World()
    world.ask(1, 'a')
    world.loaded('a')
    expect(world.send({ type: 'unload.asked', path: 'a' })).toEqual([])
    expect(world.finished(1)).toEqual([{ type: 'kill', path: 'a' }])
  })

  test('is loaded on when the client that asked leaves, and its time runs from then', () => {
    const world = new World()
    world.ask(1, 'a')
    expect(world.finished(1)).toEqual([])
    expect(world.loaded('a')).toEqual([
      { type: 'startTimer', path: 'a', delayMs: bounds.keepAliveMs },
    ])
  })

  test('an older timer does nothing when the model was used since', () => {
    const world = new World()
    world.ask(1, 'a')
    world.loaded('a')
    world.finished(1)
    world.nowMs = minute
    world.ask(2, 'a')
    world.finished(2)
    world.nowMs = bounds.keepAliveMs
    expect(world.send({ type: 'timer.fired', path: 'a' })).toEqual([])
    expect(world.phase('a')).toBe('ready')
  })
})

describe('when memory is full', () => {
  test('the idle model with the shorter keep-alive makes room', () => {
    const world = new World()
    world.ask(1, 'a', 10 * minute)
    world.loaded('a')
    world.ask(2, 'b', minute)
    world.loaded('b')
    world.finished(1)
    world.finished(2)
    expect(world.ask(3, 'c')).toContainEqual({ type: 'kill', path: 'b' })
    expect(types(world.exited('b'))).toEqual(['load'])
  })

  test('a busy model is never thrown out; the newcomer waits for it', () => {
    const world = new World()
    for (const [id, path] of [
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      world.ask(id, path)
      world.loaded(path)
    }
    expect(world.ask(3, 'c')).toEqual([])
    expect(types(world.finished(2))).toEqual(['startTimer', 'kill'])
  })

  test('of equal keep-alives the first by path goes, as in Ollama, whichever was used last', () => {
    const world = new World()
    ready(world, ['b', 'a'])
    expect(world.ask(9, 'c')).toEqual([{ type: 'kill', path: 'a' }])
  })

  test('one that stays for ever goes last, but goes', () => {
    const world = new World()
    ready(world, ['a', 'b'], Number.POSITIVE_INFINITY)
    expect(world.ask(9, 'c')).toEqual([{ type: 'kill', path: 'a' }])
  })

  test('a model that does not fit beside the others has them make room one by one, however few they are', () => {
    const world = new World({ residentsMax: 9 })
    ready(world, ['a', 'b'])
    world.memoryBytes = 10
    expect(world.ask(9, 'c', undefined, 4096, 10)).toEqual([{ type: 'kill', path: 'a' }])
    expect(world.exited('a')).toEqual([{ type: 'kill', path: 'b' }])
    expect(types(world.exited('b'))).toEqual(['load'])
  })

  test('nobody overtakes a newcomer for the model that is to go, so that he is not starved', () => {
    const world = new World()
    world.ask(1, 'a')
    world.loaded('a')
    world.ask(2, 'b', 10 * minute)
    world.loaded('b')
    expect(world.ask(3, 'c')).toEqual([])
    expect(world.ask(4, 'a')).toEqual([]) // it waits behind c
    expect(types(world.ask(5, 'b'))).toEqual(['grant'])
    expect(world.finished(1)).toContainEqual({ type: 'kill', path: 'a' })
  })

  test('too many waiting are refused at once', () => {
    const world = new World()
    for (let id = 1; id <= bounds.waitingMax; id++) world.ask(id, 'a')
    expect(world.ask(99, 'a')).toEqual([{ type: 'refuse', id: 99, path: 'a', reason: 'queueFull' }])
  })

  test('those who wait inside a loaded model count as well; the sequences that work do not', () => {
    const world = new World()
    world.ask(0, 'a')
    world.loaded('a')
    for (let id = 1; id < 4 + bounds.waitingMax; id++) {
      expect(types(world.ask(id, 'a'))).toEqual(['grant'])
    }
    expect(types(world.ask(99, 'a'))).toEqual(['refuse'])
    world.finished(0)
    expect(types(world.ask(100, 'a'))).toEqual(['grant'])
  })
})

describe('the least useful goes', () => {
  const usefulness = { eviction: 'least-useful' } as const

  test('which is the one that is asked for least often', () => {
    const world = new World(usefulness)
    for (const path of ['b', 'a', 'a', 'a', 'b']) {
      const id = world.effects.length + 1_000
      world.ask(id, path)
      world.nowMs += 1_000
      world.loaded(path)
      world.finished(id)
    }
    expect(world.ask(1, 'c')).toContainEqual({ type: 'kill', path: 'b' })
  })

  test('which is the one that loads fastest, when both are asked for as often', () => {
    const world = new World(usefulness)
    world.ask(1, 'a', undefined, 4096, 5)
    world.ask(2, 'b', undefined, 4096, 5)
    world.nowMs = 1_000
    world.loaded('b')
    world.nowMs = 9_000
    world.loaded('a')
    world.finished(1)
    world.finished(2)
    expect(world.ask(3, 'c')).toContainEqual({ type: 'kill', path: 'b' })
  })

  test.each([
    ['the one that is worth less for its bytes where memory is short', 15, 'a'],
    ['the one that is worth less where only the places are taken', 1_000, 'b'],
  ])('which is %s', (_, memoryBytes, gone) => {
    const world = new World(usefulness)
    world.memoryBytes = memoryBytes
    world.ask(1, 'a', undefined, 4096, 10)
    world.ask(2, 'b', undefined, 4096, 2)
    world.nowMs = 4_000
    world.loaded('b')
    world.nowMs = 9_000
    world.loaded('a')
    world.finished(1)
    world.finished(2)
    const asked = world.ask(3, 'c', undefined, 4096, 5)
    expect(asked.filter(({ type }) => type === 'kill')).toEqual([{ type: 'kill', path: gone }])
  })

  describe('and is waited for while it is busy', () => {
    const c = { type: 'startTimer', path: 'c', delayMs: 9_001 }
    /** `b` loads faster than `a` and so is worth less; it is busy, `a` is idle, and somebody wants `c`. */
    const wanted = () => {
      const world = new World(usefulness)
      world.ask(1, 'a')
      world.ask(2, 'b')
      world.nowMs = 1_000
      world.loaded('b')
      world.nowMs = 9_000
      world.loaded('a')
      world.finished(1)
      expect(world.ask(3, 'c')).toEqual([c])
      return world
    }

    test('until its requests end; others are let in before', () => {
      const world = wanted()
      expect(types(world.ask(4, 'b'))).toEqual(['grant'])
      world.finished(2)
      expect(world.finished(4)).toContainEqual({ type: 'kill', path: 'b' })
    })

    test('as long as a load takes, then the idle one goes', () => {
      const world = wanted()
      world.nowMs += c.delayMs
      expect(world.send({ type: 'timer.fired', path: 'c' })).toEqual([{ type: 'kill', path: 'a' }])
    })

    test('and where all are busy nobody is let in any more after that time', () => {
      const world = wanted()
      world.ask(4, 'a')
      world.nowMs += c.delayMs
      expect(world.send({ type: 'timer.fired', path: 'c' })).toEqual([])
      expect(types(world.ask(5, 'b'))).toEqual(['startTimer'])
      expect(types(world.ask(6, 'a'))).toEqual(['grant'])
      expect(world.finished(2)).toContainEqual({ type: 'kill', path: 'b' })
    })
  })

  test('but one that stays for ever is kept while any other can go, if need be after its requests', () => {
    const world = new World(usefulness)
    ready(world, ['a'], Number.POSITIVE_INFINITY)
    world.ask(1, 'b')
    world.loaded('b')
    expect(world.ask(2, 'c')).toEqual([])
    expect(world.finished(1)).toContainEqual({ type: 'kill', path: 'b' })
  })
})

describe('other load options', () => {
  test('but another number of sequences, which is what memory allowed, is no reason to reload', () => {
    const world = new World()
    ready(world, ['a'])
    const load = { ...options('a', 4096), parallel: 1 }
    const wanted = { id: 1, load, bytes: 1, keepAliveMs: undefined }
    const effects = world.send({ type: 'request.arrived', wanted, memoryBytes: 1_000 })
    expect(types(effects)).toEqual(['grant'])
  })

  test('reload the model when it is idle, and nobody overtakes', () => {
    const world = new World()
    world.ask(1, 'a')
    world.loaded('a')
    expect(world.ask(2, 'a', undefined, 8192)).toEqual([])
    expect(world.ask(3, 'a')).toEqual([])
    expect(types(world.finished(1))).toContain('kill')
    const [effect] = world.exited('a')
    expect(effect).toMatchObject({ type: 'load', load: { contextTokens: 8192 } })
  })
})

describe('a runner that dies', () => {
  test('while loading refuses those who wait, instead of trying for ever', () => {
    const world = new World()
    world.ask(1, 'a')
    expect(world.exited('a')).toEqual([{ type: 'refuse', id: 1, path: 'a', reason: 'loadFailed' }])
    expect(world.phase('a')).toBeUndefined()
  })

  test('while it serves is loaded again for the next request', () => {
    const world = new World()
    world.ask(1, 'a')
    world.loaded('a')
    world.exited('a')
    world.finished(1)
    expect(types(world.ask(2, 'a'))).toEqual(['load'])
  })
})

describe('over seeded random traffic', () => {
  test.each([...Array(60).keys()])(
    'seed %i: never more models than room, one answer per request, busy ones stay',
    (seed) => {
      const random = seededRandom(seed)
      const pick = <T>(list: readonly T[]) => list[Math.floor(random.number() * list.length)] as T
      const world = new World()
      const answers = new Map<number, number>()
      const active = new Set<number>()
      let id = 0
      const handle = (effects: readonly ResidencyEffect[]) => {
        for (const effect of effects) {
          if (effect.type === 'grant' || effect.type === 'refuse') {
            answers.set(effect.id, (answers.get(effect.id) ?? 0) + 1)
            if (effect.type === 'grant') active.add(effect.id)
          }
          if (effect.type === 'kill') {
            expect(world.state.residents.get(effect.path)?.users.size ?? 0).toBe(0)
          }
        }
      }
      const advance = (path: string) => {
        const phase = world.phase(path)
        if (phase === 'loading') {
          handle(random.number() < 0.8 ? world.loaded(path) : world.exited(path))
        } else if (phase === 'stopping') handle(world.exited(path))
      }
      const finish = () => {
        const done = pick([...active])
        active.delete(done)
        handle(world.finished(done))
      }
      for (let turn = 0; turn < 400; turn++) {
        world.nowMs += random.number() * minute
        const path = pick(['a', 'b', 'c', 'd'])
        const dice = random.number()
        if (dice < 0.4) handle(world.ask(++id, path, pick([undefined, 0, minute]), pick([1, 2])))
        else if (dice < 0.7) advance(path)
        else if (active.size > 0) finish()
        expect(world.state.residents.size).toBeLessThanOrEqual(bounds.residentsMax)
      }
      for (let turn = 0; turn < 200 && answers.size < id; turn++) {
        for (const path of ['a', 'b', 'c', 'd']) advance(path)
        if (active.size > 0) finish()
      }
      expect(answers.size).toBe(id)
      expect([...answers.values()].every((times) => times === 1)).toBe(true)
    },
  )
})
