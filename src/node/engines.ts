/** Which engines this node has: an Ollama that is there already, and the embedded one. */
import type { Settings } from '../config/index.ts'
import type { ChildRecords, ChildSupervisor } from '../engine/child/index.ts'
import {
  createHttpProbe,
  looksLikeOllama,
  type Roster,
  reportOfChild,
  startRoster,
} from '../engine/roster/index.ts'
import type { LibraryProbe } from '../engine/runner/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { isPortFree } from '../sys/network.ts'
import { embeddedChild } from './embedded-child.ts'

/** The engines of a node while it runs. */
export interface NodeEngines {
  readonly roster: Roster
  /** The embedded engine's process; absent where there is none. */
  readonly embedded: ChildSupervisor | undefined
  /** Origin that the embedded engine was given because no Ollama was there. */
  readonly heldOllamaAddress: string | undefined
  /** Resolves when every engine answers or has failed to start, at the latest after `timeoutMs`. */
  settled(timeoutMs: number): Promise<void>
  /** Has `action` called after an engine came into another state. */
  onChange(action: () => void): void
  /** One short clause for each engine: what was found, or why there is none. */
  readonly notes: readonly { readonly name: 'ollama' | 'engine'; readonly text: string }[]
  stop(): Promise<void>
}

/** Looks for an Ollama, starts the embedded engine beside it, and watches both. Nothing is waited for. */
export async function startEngines(options: {
  settings: Settings
  library: LibraryProbe
  logFile: string
  records: ChildRecords
  clock: Clock
  log: Log
}): Promise<NodeEngines> {
  const { settings, library, clock, log } = options
  const { ollama, integration } = settings
  const probe = createHttpProbe(clock)
  const changed = new Set<() => void>()
  const roster = startRoster({
    clock,
    probe: probe.probe,
    intervalMs: integration.processManager.healthCheckIntervalMs,
    onChange({ id, state, reason, url }) {
      log.info({ engine: id, state, reason, url }, 'engine.changed')
      queueMicrotask(() => changed.forEach((look) => look()))
    },
  })
  const settled = (timeoutMs: number) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (roster.list().every(({ state }) => state !== 'starting')) done()
      }
      const cancel = clock.after(timeoutMs, done)
      function done(): void {
        cancel()
        changed.delete(look)
        resolve()
      }
      changed.add(look)
      look()
    })
  const stop = async (embedded?: ChildSupervisor) => {
    roster.stop()
    await embedded?.stop()
    await probe.close()
  }
  const onChange = (action: () => void) => void changed.add(action)
  const none = { onChange, roster, embedded: undefined, heldOllamaAddress: undefined, settled }
  if (!integration.enabled) {
    const text = 'none: integration.enabled is false'
    return { ...none, notes: [{ name: 'engine', text }], stop }
  }
  const url = `http://${ollama.host}:${ollama.port}`
  const isThere = ollama.port !== 0 && (await looksLikeOllama(url, clock))
  const notes: { name: 'ollama' | 'engine'; text: string }[] = []
  if (isThere) {
    roster.report({ type: 'engine.added', engine: 'local', kind: 'adopted', url })
    notes.push({ name: 'ollama', text: `uses the Ollama at ${url}, and leaves it running` })
  }
  const isWanted = integration.processManager.autoStart
  if (!isWanted || !library.isUsable) {
    const text = library.isUsable
      ? 'not started: auto_start is false'
      : `not here: ${library.reason}`
    return { ...none, notes: [...notes, { name: 'engine', text }], stop }
  }
  const isFree = !isThere && ollama.port !== 0 && (await isPortFree(ollama.host, ollama.port))
  const embedded = embeddedChild({
    settings,
    port: isFree ? ollama.port : 0,
    logFile: options.logFile,
    records: options.records,
    clock,
    onChange(view) {
      log.info({ child: view.name, state: view.state, reason: view.reason }, 'child.changed')
      roster.report(reportOfChild('embedded', view))
    },
  })
  const meant = isFree ? url : `http://${ollama.host}:0`
  roster.report({ type: 'engine.added', engine: 'embedded', kind: 'embedded', url: meant })
  embedded.start()
  const where = isFree ? ` at ${url}` : ''
  notes.push({ name: 'engine', text: `embedded, llama.cpp ${library.version}${where}` })
  return {
    onChange,
    roster,
    embedded,
    heldOllamaAddress: isFree ? `${ollama.host}:${ollama.port}` : undefined,
    settled,
    notes,
    stop: () => stop(embedded),
  }
}
