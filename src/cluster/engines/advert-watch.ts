import type { EngineView } from '../../core/engine.ts'
import type { Clock } from '../../sys/clock.ts'
import { limits } from './limits.ts'
import type { OwnEngines } from './ports.ts'

/** Looks for what other nodes should hear of. */
export interface AdvertWatch {
  /** Must be called whenever anything about this node's engines may have changed, but for their load. */
  look(): void
  /** Must be called whenever the load of an engine changes: for every request, so it looks at nothing by itself. */
  worked(): void
  stop(): void
}

/**
 * Calls `changed` at once when a state, the models or the loaded models change, and at most every half second when only the
 * load does.
 */
export function startAdvertWatch(
  own: Pick<OwnEngines, 'list'>,
  changed: () => void,
  clock: Clock,
): AdvertWatch {
  let seen = own.list()
  let told = { facts: factsOf(seen), load: loadOf(seen) }
  let cancel: (() => void) | undefined
  const tell = (): void => {
    told = { facts: factsOf(seen), load: loadOf(seen) }
    changed()
  }
  const lookAtLoad = (): void => {
    cancel = undefined
    seen = own.list()
    const load = loadOf(seen)
    if (load !== told.load) tell()
    // Who waits at the door is told by nobody: while there is work, it is looked at.
    if (load !== idle) cancel = clock.after(limits.loadMs, lookAtLoad)
  }
  const worked = (): void => {
    cancel ??= clock.after(limits.loadMs, lookAtLoad)
  }
  return {
    look() {
      const before = seen
      seen = own.list()
      if (seen === before) return
      if (!haveSameFacts(before, seen) && factsOf(seen) !== told.facts) tell()
      worked()
    },
    worked,
    stop() {
      cancel?.()
    },
  }
}

const idle = loadOf([])

function haveSameFacts(a: readonly EngineView[], b: readonly EngineView[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i]
      const isSame = one.models === other?.models && one.loaded === other.loaded
      return isSame && one.id === other.id && one.state === other.state && one.url === other.url
    })
  )
}

/** All that is told at once, as one text. */
function factsOf(engines: readonly EngineView[]): string {
  return JSON.stringify(
    engines.map(({ id, state, url, version, models, loaded }) => {
      const short = (list: EngineView['models' | 'loaded']) =>
        list.map(({ name, digest }) => `${name} ${digest}`)
      return [id, state, url, version, short(models), short(loaded)]
    }),
  )
}

function loadOf(engines: readonly EngineView[]): string {
  const busy = engines.filter(({ activeRequests, queuedRequests = 0 }) => {
    return activeRequests + queuedRequests > 0
  })
  return busy
    .map(({ id, activeRequests, queuedRequests }) => `${id} ${activeRequests} ${queuedRequests}`)
    .join(', ')
}
