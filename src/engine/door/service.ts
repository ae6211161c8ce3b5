import type { EngineView } from '../../core/engine.ts'
import type { Admission, Entry, OutReason, Pass, RelayOutcome } from '../../core/engine-entry.ts'
import { startLoop } from '../../core/loop.ts'
import { namesModel } from '../../core/model-listing.ts'
import type { Clock } from '../../sys/clock.ts'
import { type DoorEffect, type DoorEvent, step } from './door.ts'
import { type DoorBounds, type DoorState, initialDoor, type Ticket, waitingAt } from './state.ts'

/** The engines behind the door, as whoever keeps them tells of them. */
interface GuardedEngines {
  list(): readonly EngineView[]
  untilUsable(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  refresh(maxAgeMs: number): Promise<void>
  /** Counts a request as active until the returned function is called. */
  begin(engineId: string): (outcome: RelayOutcome) => void
}

/** What is going on for one model at one engine. */
export interface DoorCount {
  readonly engine: string
  readonly model: string | undefined
  readonly active: number
  readonly queued: number
  readonly isLoading: boolean
}

/**
 * The engines with the door before them; see `door.ts` for its rules. `list` shows what the door knows, too; `begin` is for
 * what takes no place.
 */
export interface Door extends GuardedEngines {
  /** Resolves when the request may go to the engine, or is refused. */
  enter(engineId: string, entry: Entry): Promise<Admission>
  counts(): readonly DoorCount[]
  /** Must be called when an engine came into another state or was removed: nobody is to wait for one that cannot be used. */
  engineChanged(): void
}

/** Between two looks at the lists while somebody waits for a load. */
const lookMs = 500

/** Opens a door before every engine; nobody is inside. */
export function startDoor(options: {
  engines: GuardedEngines
  bounds: DoorBounds
  clock: Clock
  /** True when an engine of another node is in use, to which a request may go that waits here. */
  isOtherInUse?: () => boolean
}): Door {
  const { engines, bounds, clock, isOtherInUse = () => false } = options
  const waiting = new Map<number, (admission: Admission) => void>()
  const timers = new Map<number, () => void>()
  const aborts = new Map<number, () => void>()
  /** By engine: what is to be done when it goes out of use. */
  const doubts = new Map<string, Set<(why: OutReason) => void>>()
  let nextId = 1
  let listed: { changes: number; views: readonly EngineView[]; list: EngineView[] } | undefined

  const loop = startLoop<DoorState, DoorEvent, DoorEffect>({
    initial: initialDoor(bounds),
    step,
    nowMs: () => clock.nowMs(),
    perform,
  })

  function perform(effect: DoorEffect, send: (event: DoorEvent) => void): void {
    switch (effect.type) {
      case 'admit': {
        const { engine, id } = effect.ticket
        if (!waiting.has(id)) return send({ type: 'done', engine, id }) // it left in this moment
        return settle(id, { type: 'admitted', pass: makePass(effect.ticket) })
      }
      case 'refuse':
        return settle(effect.id, { type: effect.reason })
      case 'startTimer': {
        const { engine, id } = effect
        const fire = () => send({ type: 'waited.too.long', engine, id })
        timers.set(id, clock.after(effect.delayMs, fire))
        return
      }
      case 'cutOff':
        return aborts.get(effect.id)?.()
      case 'look':
        clock.after(lookMs, () => void look(effect.engine, effect.model))
    }
  }

  async function look(engine: string, model: string): Promise<void> {
    await engines.refresh(lookMs)
    const view = engines.list().find(({ id }) => id === engine)
    const isLoaded = view !== undefined && namesModel(view.loaded, model)
    loop.send({ type: 'looked', engine, model, isLoaded })
  }

  function settle(id: number, admission: Admission): void {
    const resolve = waiting.get(id)
    waiting.delete(id)
    timers.get(id)?.()
    timers.delete(id)
    resolve?.(admission)
  }

  function makePass({ engine, id }: Ticket): Pass {
    const end = engines.begin(engine)
    let isInside = true
    return {
      answering: (isOk) => loop.send({ type: 'answering', engine, id, isOk }),
      leave(abort) {
        aborts.set(id, abort)
        loop.send({ type: 'client.left', engine, id })
      },
      whenOut(action) {
        const actions = doubts.get(engine) ?? new Set()
        doubts.set(engine, actions.add(action))
        return () => {
          actions.delete(action)
          if (actions.size === 0 && doubts.get(engine) === actions) doubts.delete(engine)
        }
      },
      finish(outcome) {
        if (!isInside) return
        isInside = false
        aborts.delete(id)
        end(outcome)
        loop.send({ type: 'done', engine, id })
      },
    }
  }

  return {
    list() {
      const { state } = loop
      const { queueChanges: changes } = state
      const views = engines.list()
      if (listed?.changes !== changes || listed.views !== views) {
        listed = { changes, views, list: views.map((view) => withQueue(view, state)) }
      }
      return listed.list
    },
    enter(engineId, entry) {
      const { model, key, mayWait } = entry
      const id = nextId++
      const view = engines.list().find((engine) => engine.id === engineId)
      const isLoaded = model !== undefined && namesModel(view?.loaded ?? [], model)
      const { promise, resolve } = Promise.withResolvers<Admission>()
      let stopWatching = () => {}
      waiting.set(id, (admission) => {
        stopWatching()
        resolve(admission)
      })
      const ticket = { id, engine: engineId, model, key }
      loop.send({ type: 'asked', ticket, isLoaded, mayWait })
      if (waiting.has(id)) {
        stopWatching = entry.whenClientLeaves(() => {
          settle(id, { type: 'left' })
          loop.send({ type: 'client.left', engine: engineId, id })
        })
      }
      return promise
    },
    counts: () => countsOf(loop.state),
    engineChanged() {
      const states = new Map(engines.list().map(({ id, state }) => [id, state]))
      const isAnyRunning = [...states.values()].includes('running')
      for (const engine of loop.state.engines.keys()) {
        const state = states.get(engine)
        if (state === 'running') continue
        loop.send({ type: 'engine.out', engine })
        const isDrained = state === 'stopped' // it was asked to, and finishes what is inside
        if (isDrained || !(isAnyRunning || isOtherInUse())) continue
        for (const action of doubts.get(engine) ?? []) action('doubted')
      }
    },
    untilUsable: (timeoutMs, signal) => engines.untilUsable(timeoutMs, signal),
    refresh: (maxAgeMs) => engines.refresh(maxAgeMs),
    begin: (engineId) => engines.begin(engineId),
  }
}

function withQueue(view: EngineView, state: DoorState): EngineView {
  const queuedRequests = waitingAt(state.engines.get(view.id)).length
  return { ...view, queuedRequests, slots: state.bounds.slots }
}

function countsOf({ engines }: DoorState): DoorCount[] {
  return [...engines].flatMap(([engine, door]) => {
    const inside = [...door.inside.values()]
    const { load } = door
    const queued = waitingAt(door)
    const models = new Set([...inside, ...queued].map(({ model }) => model))
    return [...models].map((model) => {
      const active = inside.filter((request) => request.model === model)
      return {
        engine,
        model,
        active: active.length,
        queued: queued.filter((ticket) => ticket.model === model).length,
        isLoading: model !== undefined && load?.model === model,
      }
    })
  })
}
