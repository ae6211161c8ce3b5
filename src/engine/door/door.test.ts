import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DoorEffect, type DoorEvent, step } from './door.ts'
import {
  type DoorBounds,
  type DoorState,
  initialDoor,
  limits,
  openDoor,
  waitingAt,
} from './state.ts'

const wide: DoorBounds = { slots: 2, waitingPerModelMax: 100, waitingMax: 100, waitMs: 1_000 }

/** The door of one engine, with the effects of each event as short words. */
class World {
  state: DoorState
  nowMs = 0

  constructor(bounds: Partial<DoorBounds> = {}) {
    this.state = initialDoor({ ...wide, ...bounds })
  }

  send(event: DoorEvent): string[] {
    const { state, effects } = step(this.state, event, this.nowMs)
    this.state = state
    return effects.filter(({ type }) => type !== 'startTimer').map(worded)
  }

  /** Asks for a model that the lists show as loaded, unless told otherwise. */
  ask(
    id: number,
    { key = 'k', model = 'm', isLoaded = true, engine = 'e', mayWait = true } = {},
  ): string[] {
    return this.send({ type: 'asked', ticket: { id, engine, model, key }, isLoaded, mayWait })
  }

  askCold = (id: number, model = 'm') => this.ask(id, { model, isLoaded: false })
  done = (id: number) => this.send({ type: 'done', engine: 'e', id })
  leave = (id: number) => this.send({ type: 'client.left', engine: 'e', id })
  late = (id: number) => this.send({ type: 'waited.too.long', engine: 'e', id })
  answering = (id: number, isOk = true) => this.send({ type: 'answering', engine: 'e', id, isOk })
  looked = (isLoaded: boolean) => this.send({ type: 'looked', engine: 'e', model: 'm', isLoaded })
  waiting = () => waitingAt(this.state.engines.get('e') ?? openDoor()).map(({ id }) => id)
  inside = () => [...(this.state.engines.get('e') ?? openDoor()).inside.keys()]
}

function worded(effect: DoorEffect): string {
  if (effect.type === 'admit') return `admit ${effect.ticket.id}`
  if (effect.type === 'refuse') return `refuse ${effect.id}: ${effect.reason}`
  return effect.type === 'look' ? `look for ${effect.model}` : `${effect.type} ${effect.id}`
}

describe('S-099: the cap of an engine', () => {
  test('lets in as many as it has slots; one goes in for each that is done', () => {
    const world = new World()
    expect([1, 2, 3, 4].flatMap((id) => world.ask(id))).toEqual(['admit 1', 'admit 2'])
    expect(world.done(2)).toEqual(['admit 3'])
    expect(world.done(2)).toEqual([])
    expect(world.done(1)).toEqual(['admit 4'])
  })

  test('holds for each engine by itself', () => {
    const world = new World({ slots: 1 })
    world.ask(1)
    expect(world.ask(2, { engine: 'other' })).toEqual(['admit 2'])
  })
})

describe('the queue', () => {
  test('is in order within a key, and keys take turns', () => {
    const world = new World({ slots: 1 })
    world.ask(0, { key: 'first' })
    for (const id of [1, 2, 3]) world.ask(id, { key: 'greedy' })
    world.ask(4, { key: 'modest' })
    world.ask(5, { key: 'greedy' })
    const order = [0, 1, 4, 2, 3].flatMap((id) => world.done(id))
    expect(order).toEqual(['admit 1', 'admit 4', 'admit 2', 'admit 3', 'admit 5'])
  })

  test('is full for one model, and not for another', () => {
    const world = new World({ slots: 1, waitingPerModelMax: 1 })
    world.ask(1)
    world.ask(2)
    expect(world.ask(3)).toEqual(['refuse 3: full'])
    expect(world.ask(4, { model: 'n' })).toEqual([])
    expect(world.waiting()).toEqual([2, 4])
  })

  test('is passed by who may not wait: in at once, or refused and forgotten', () => {
    const world = new World({ slots: 1 })
    expect(world.ask(1, { mayWait: false })).toEqual(['admit 1'])
    world.ask(2)
    expect(world.ask(3, { mayWait: false })).toEqual(['refuse 3: full'])
    expect(world.waiting()).toEqual([2])
    expect(world.done(1)).toEqual(['admit 2'])
  })

  test('is full in all, over all engines', () => {
    const world = new World({ slots: 1, waitingMax: 2 })
    for (const engine of ['e', 'other']) for (const id of [1, 2]) world.ask(id, { engine })
    expect(world.ask(3)).toEqual(['refuse 3: full'])
  })

  test('a client that leaves frees its place at once', () => {
    const world = new World({ slots: 1, waitingPerModelMax: 1 })
    world.ask(1)
    world.ask(2)
    expect(world.leave(2)).toEqual([])
    expect(world.ask(3)).toEqual([])
    expect(world.done(1)).toEqual(['admit 3'])
  })

  test('who waited too long is told so; a timer of one that is in means nothing', () => {
    const world = new World({ slots: 1 })
    world.ask(1)
    world.ask(2)
    expect(world.late(2)).toEqual(['refuse 2: late'])
    expect(world.late(1)).toEqual([])
    expect(world.waiting()).toEqual([])
  })
})

test('nobody waits for an engine that cannot be used; what is inside goes on', () => {
  const world = new World({ slots: 1 })
  for (const id of [1, 2, 3]) world.ask(id)
  const out = { type: 'engine.out', engine: 'e' } as const
  expect(world.send(out)).toEqual(['refuse 2: gone', 'refuse 3: gone'])
  expect(world.inside()).toEqual([1])
  expect(world.send(out)).toEqual([])
  world.done(1)
  expect(world.state.engines.size).toBe(0) // it may have been removed
})

test('what an engine had in its memory when it went out of use is not believed any more', () => {
  const world = new World()
  world.ask(1)
  world.done(1)
  world.send({ type: 'engine.out', engine: 'e' })
  expect([2, 3].flatMap((id) => world.askCold(id))).toEqual(['admit 2', 'look for m'])
})

describe('a model that must be loaded', () => {
  test('is loaded by the first; the others wait without slots and go in when it answers', () => {
    const world = new World()
    expect(world.askCold(1)).toEqual(['admit 1'])
    expect(world.askCold(2)).toEqual(['look for m'])
    expect(world.askCold(3)).toEqual([])
    expect(world.inside()).toEqual([1])
    expect(world.answering(1)).toEqual(['admit 2'])
    expect(world.done(1)).toEqual(['admit 3'])
  })

  test('lets requests for models in memory pass by, and other loads wait for it', () => {
    const world = new World({ slots: 3 })
    world.askCold(1)
    world.askCold(2, 'n')
    expect(world.ask(3, { model: 'warm' })).toEqual(['admit 3'])
    expect(world.waiting()).toEqual([2])
    expect(world.answering(1)).toEqual(['admit 2'])
  })

  test('is seen in the lists while its first answer is not there yet', () => {
    const world = new World()
    world.askCold(1)
    world.askCold(2)
    expect(world.looked(false)).toEqual(['look for m'])
    expect(world.looked(true)).toEqual(['admit 2'])
  })

  test('is loaded by the next when the first fails', () => {
    const world = new World()
    world.askCold(1)
    world.askCold(2)
    world.askCold(3)
    expect(world.answering(1, false)).toEqual([])
    expect(world.done(1)).toEqual(['admit 2'])
    expect(world.waiting()).toEqual([3])
  })

  test('a leaving client does not end a load that others wait for', () => {
    const world = new World()
    world.askCold(1)
    world.askCold(2)
    expect(world.leave(1)).toEqual([])
    expect(world.answering(1)).toEqual(['admit 2', 'cutOff 1'])
  })

  test('a load that nobody waits for ends with its client, also when the last of them leaves later', () => {
    const world = new World()
    world.askCold(1)
    expect(world.leave(1)).toEqual(['cutOff 1'])
    world.done(1)
    world.askCold(2)
    world.askCold(3)
    expect(world.leave(2)).toEqual([])
    expect(world.leave(3)).toEqual(['cutOff 2'])
  })

  test('an error to a client that left ends its request', () => {
    const world = new World()
    world.askCold(1)
    world.askCold(2)
    world.leave(1)
    expect(world.answering(1, false)).toEqual(['cutOff 1'])
    expect(world.done(1)).toEqual(['admit 2'])
  })

  test('is believed to be there for a minute after it was used', () => {
    const world = new World()
    world.askCold(1)
    world.answering(1)
    world.done(1)
    world.nowMs = limits.readyMs - 1
    expect([2, 3].flatMap((id) => world.askCold(id))).toEqual(['admit 2', 'admit 3'])
    for (const id of [2, 3]) world.done(id)
    world.nowMs = limits.readyMs
    expect([4, 5].flatMap((id) => world.askCold(id))).toEqual(['admit 4', 'look for m'])
  })

  test('a request without a model waits for no load', () => {
    const world = new World()
    world.askCold(1)
    const ticket = { id: 2, engine: 'e', model: undefined, key: 'k' }
    expect(world.send({ type: 'asked', ticket, isLoaded: false, mayWait: true })).toEqual([
      'admit 2',
    ])
  })
})

describe('over any course of events', () => {
  test('the cap and the bounds hold, order is kept, at most one loads, nobody is lost', () => {
    fc.assert(
      fc.property(bounds, fc.array(moves, { maxLength: 120 }), (limit, list) => {
        const course = new Course(limit)
        for (const move of list) course.play(move)
        course.finish()
        expect(course.settled).toEqual(course.asked)
      }),
      { numRuns: 300 },
    )
  })
})

const bounds = fc.record({
  slots: fc.integer({ min: 1, max: 3 }),
  waitingPerModelMax: fc.integer({ min: 0, max: 4 }),
  waitingMax: fc.integer({ min: 0, max: 8 }),
})

const moves = fc.record({
  act: fc.constantFrom('ask', 'ask', 'ask', 'leave', 'done', 'ok', 'error', 'late', 'look'),
  pick: fc.nat(1_000),
  model: fc.constantFrom('m', 'n'),
  key: fc.constantFrom('a', 'b', 'c'),
  isLoaded: fc.boolean(),
  mayWait: fc.boolean(),
  laterMs: fc.constantFrom(0, 10, limits.readyMs),
})

/** Plays events as a machine could have them, and checks after each what must always be true. */
class Course {
  readonly asked = new Set<number>()
  /** Requests that were answered, refused, or whose client left. */
  readonly settled = new Set<number>()
  readonly #bounds: DoorBounds
  #state: DoorState
  #nowMs = 0
  #nextId = 1
  readonly #of = new Map<number, { key: string; model: string }>()
  readonly #lastAdmitted = new Map<string, number>()

  constructor(bounds: Omit<DoorBounds, 'waitMs'>) {
    this.#bounds = { ...bounds, waitMs: 1_000 }
    this.#state = initialDoor(this.#bounds)
  }

  play({
    act,
    pick,
    model,
    key,
    isLoaded,
    mayWait,
    laterMs,
  }: typeof moves extends fc.Arbitrary<infer T> ? T : never) {
    this.#nowMs += laterMs
    const engine = 'e'
    const inside = this.#inside()
    const waiting = this.#waiting()
    const one = (ids: readonly number[]) => ids[pick % Math.max(1, ids.length)] ?? 0
    if (act === 'ask') {
      const id = this.#nextId++
      this.asked.add(id)
      this.#of.set(id, { key, model })
      const ticket = { id, engine, model, key }
      this.#send({ type: 'asked', ticket, isLoaded, mayWait })
    } else if (act === 'leave') {
      const id = one([...inside, ...waiting])
      if (waiting.includes(id)) this.settled.add(id)
      this.#send({ type: 'client.left', engine, id })
    } else if (act === 'done') this.#end(one(inside))
    else if (act === 'ok' || act === 'error') {
      this.#send({ type: 'answering', engine, id: one(inside), isOk: act === 'ok' })
    } else if (act === 'late') this.#send({ type: 'waited.too.long', engine, id: one(waiting) })
    else this.#send({ type: 'looked', engine, model, isLoaded })
  }

  /** Everyone inside comes to an end, one after the other, until nobody is left. */
  finish(): void {
    for (let id = this.#inside()[0]; id !== undefined; id = this.#inside()[0]) this.#end(id)
    expect(this.#waiting()).toEqual([])
  }

  #end(id: number): void {
    if (this.#inside().includes(id)) this.settled.add(id)
    this.#send({ type: 'done', engine: 'e', id })
  }

  #send(event: DoorEvent): void {
    const { state, effects } = step(this.#state, event, this.#nowMs)
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'refuse') this.settled.add(effect.id)
      else if (effect.type === 'admit') this.#admitted(effect.ticket.id)
      else if (effect.type === 'cutOff') expect(this.#inside()).toContain(effect.id)
    }
    this.#check()
  }

  #admitted(id: number): void {
    const { key, model } = this.#of.get(id) ?? { key: '', model: '' }
    const line = `${key} ${model}`
    expect(id).toBeGreaterThan(this.#lastAdmitted.get(line) ?? 0)
    this.#lastAdmitted.set(line, id)
  }

  #check(): void {
    const door = this.#state.engines.get('e') ?? openDoor()
    const waiting = waitingAt(door)
    const { slots, waitingMax, waitingPerModelMax } = this.#bounds
    expect(door.inside.size).toBeLessThanOrEqual(slots)
    expect(waiting.length).toBeLessThanOrEqual(waitingMax)
    for (const model of ['m', 'n']) {
      const count = waiting.filter((ticket) => ticket.model === model).length
      expect(count).toBeLessThanOrEqual(waitingPerModelMax)
    }
    if (door.load !== undefined) expect(door.inside.keys()).toContain(door.load.id)
    if (door.inside.size === 0) expect(waiting).toEqual([])
  }

  #inside = () => [...(this.#state.engines.get('e') ?? openDoor()).inside.keys()]
  #waiting = () => waitingAt(this.#state.engines.get('e') ?? openDoor()).map(({ id }) => id)
}
