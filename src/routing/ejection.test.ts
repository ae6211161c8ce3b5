import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EngineState, EngineView } from '../core/engine.ts'
import {
  amongRunning,
  type Ejections,
  ended,
  isEjected,
  limits,
  sent,
  type Verdict,
} from './ejection.ts'

const engineIn = (state: EngineState): EngineView => ({
  id: 'e',
  kind: 'remote',
  url: 'http://127.0.0.1:1',
  managed: false,
  state,
  sinceMs: 0,
  reason: '',
  models: [],
  loaded: [],
  activeRequests: 0,
})

class World {
  ejections: Ejections = new Map()
  nowMs = 0

  send = () => {
    this.ejections = sent(this.ejections, 'e', this.nowMs)
  }
  end = (verdict: Verdict, times = 1) => {
    for (let i = 0; i < times; i++) {
      this.ejections = ended(this.ejections, 'e', { verdict, sentMs: this.nowMs }, this.nowMs)
    }
  }
  isOut = () => isEjected(this.ejections, 'e', this.nowMs)
  /** Fails until it is out, from the first failure on. */
  eject = () => this.end('failed', limits.failuresInRow)
}

describe('an engine that breaks requests off', () => {
  test('is out after five in a row; a good answer between them counts anew', () => {
    const world = new World()
    world.end('failed', limits.failuresInRow - 1)
    world.end('answered')
    world.end('failed', limits.failuresInRow - 1)
    expect(world.isOut()).toBe(false)
    world.end('failed')
    expect(world.isOut()).toBe(true)
  })

  test('that crashes under many requests at once has failed once', () => {
    const world = new World()
    world.nowMs = 100
    for (let sentMs = 0; sentMs < 20; sentMs++) {
      world.ejections = ended(world.ejections, 'e', { verdict: 'failed', sentMs }, world.nowMs)
    }
    world.end('failed', limits.failuresInRow - 2)
    expect(world.isOut()).toBe(false)
    world.end('failed')
    expect(world.isOut()).toBe(true)
  })

  test('a client that leaves says nothing about it', () => {
    const world = new World()
    world.end('failed', limits.failuresInRow - 1)
    world.end('left')
    world.end('failed')
    expect(world.isOut()).toBe(true)
  })

  test('after its time gets exactly one request, and is trusted when that is answered', () => {
    const world = new World()
    world.eject()
    world.nowMs = limits.ejectionMs - 1
    expect(world.isOut()).toBe(true)
    world.nowMs = limits.ejectionMs
    expect(world.isOut()).toBe(false)
    world.send()
    expect(world.isOut()).toBe(true)
    world.end('answered')
    expect(world.isOut()).toBe(false)
    world.end('failed', limits.failuresInRow - 1)
    expect(world.isOut()).toBe(false)
  })

  test('stays out longer each time its trial fails, up to five minutes', () => {
    const world = new World()
    world.eject()
    const outMs: number[] = []
    for (let i = 0; i < 40; i++) {
      const sinceMs = world.nowMs
      while (world.isOut()) world.nowMs += limits.ejectionMs
      outMs.push(world.nowMs - sinceMs)
      world.send()
      world.end('failed')
    }
    expect(outMs.slice(0, 3)).toEqual([1_000, 2_000, 4_000])
    expect(outMs.at(-1)).toBe(limits.ejectionMsMax)
  })

  test('a trial whose client leaves decides nothing: the next request is the trial', () => {
    const world = new World()
    world.eject()
    world.nowMs = limits.ejectionMs
    world.send()
    world.end('left')
    expect(world.isOut()).toBe(false)
  })

  test('what was sent before the ejection does not end it, nor lengthen it', () => {
    const world = new World()
    world.eject()
    world.end('answered')
    world.end('failed', 3)
    expect(world.isOut()).toBe(true)
    world.nowMs = limits.ejectionMs
    expect(world.isOut()).toBe(false)
  })
})

test('an engine that went out of use is judged anew when it is back; others are not', () => {
  const world = new World()
  world.eject()
  const { ejections } = world
  const among = (state: EngineState) => amongRunning(ejections, [engineIn(state)])
  expect(among('running')).toBe(ejections)
  expect(isEjected(among('unhealthy'), 'e', world.nowMs)).toBe(false)
})

test('whatever happened, an engine that nobody uses may be tried again within five minutes', () => {
  const acts = fc.record({
    act: fc.constantFrom('send', 'answered', 'failed', 'left'),
    laterMs: fc.constantFrom(0, 1, limits.ejectionMs),
  })
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 100 }), (list) => {
      const world = new World()
      let open = 0
      for (const { act, laterMs } of list) {
        world.nowMs += laterMs
        if (act === 'send') {
          open++
          world.send()
        } else if (open > 0) {
          open--
          world.end(act)
        }
      }
      world.end('left', open)
      world.nowMs += limits.ejectionMsMax
      expect(world.isOut()).toBe(false)
    }),
  )
})
