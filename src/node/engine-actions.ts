/** What people may do with the engines of a running node, and what is kept of it for the next start. */
import type { EngineActions, LongAction, NewEngine } from '../admin/index.ts'
import { OdError } from '../core/errors/index.ts'
import type { OllamaProcessManager } from '../engine/manager/index.ts'
import type { Clock } from '../sys/clock.ts'
import type { Log } from '../sys/log.ts'
import { type AddedEngines, openAddedEngines } from './added-engines.ts'
import { draining, restarting, starting, stopping } from './engine-work.ts'
import { ownEngineNames } from './engines.ts'

const reserved: readonly string[] = Object.values(ownEngineNames)

/**
 * Adds the engines again that earlier runs were given, and gives what may be done from now on. An engine that cannot be added
 * again stays written down, and is logged.
 */
export async function openEngineActions(options: {
  manager: OllamaProcessManager
  /** False on a pure gateway, which starts nothing. */
  startsEngines: boolean
  /** `state/engines.json`. */
  file: string
  log: Log
  clock: Clock
  /** Hears of every engine that is gone. */
  onRemoved: (name: string) => void
}): Promise<EngineActions> {
  const { file, log } = options
  const added = await openAddedEngines(file).catch(() => undefined) // no right to read it, for one
  if (added === undefined) log.error({ file }, 'engines.unreadable')
  for (const engine of added?.list ?? []) {
    await bring(options, engine, true).catch((error: unknown) => {
      log.error({ engine: engine.name, error: String(error) }, 'engines.unrestored')
    })
  }
  return new Actions(options, added)
}

type Surroundings = Parameters<typeof openEngineActions>[0]

class Actions implements EngineActions {
  readonly #of: Surroundings
  readonly #manager: OllamaProcessManager
  readonly #added: AddedEngines | undefined
  /** Changes run one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(of: Surroundings, added: AddedEngines | undefined) {
    this.#of = of
    this.#manager = of.manager
    this.#added = added
  }

  add(engine: NewEngine) {
    return this.#inTurn(async () => {
      const { name } = engine
      if (reserved.includes(name)) throw new OdError('OD_ENGINE_NAME', { engine: name })
      const settled = await bring(this.#of, engine, false)
      const list = (this.#added?.list ?? []).filter((one) => one.name !== name)
      try {
        await this.#save(name, [...list, settled])
      } catch (error) {
        await this.#manager.removeInstance(name)
        throw error
      }
      return this.#manager.instance(name)
    })
  }

  remove(name: string, drainMs: number): LongAction {
    const { managed } = this.#manager.instances().find(({ id }) => id === name) ?? {}
    if (!this.#isAdded(name)) {
      this.#manager.instance(name)
      throw new OdError('OD_ENGINE_CONFIGURED', { engine: name })
    }
    return async (progress) => {
      if (managed === true) await draining(this.#manager, name, drainMs)(progress)
      progress.tell('is forgotten', false)
      await this.#inTurn(() => this.#forget(name))
    }
  }

  start(name: string): LongAction {
    this.#checkOurs(name)
    return starting(this.#manager, this.#of.clock, name)
  }

  stop(name: string, drainMs: number): LongAction {
    this.#checkOurs(name)
    return stopping(this.#manager, name, drainMs)
  }

  restart(name: string, drainMs: number): LongAction {
    this.#checkOurs(name)
    return restarting(this.#manager, this.#of.clock, name, drainMs)
  }

  async #forget(name: string): Promise<void> {
    await this.#save(
      name,
      (this.#added?.list ?? []).filter((one) => one.name !== name),
    )
    const isThere = this.#manager.instances().some(({ id }) => id === name)
    if (isThere) await this.#manager.removeInstance(name) // else it could not be added again
    this.#of.onRemoved(name)
  }

  #isAdded(name: string): boolean {
    return this.#added?.list.some((one) => one.name === name) === true
  }

  #checkOurs(engine: string): void {
    if (!this.#manager.instance(engine).managed) throw new OdError('OD_ENGINE_NOT_OURS', { engine })
  }

  #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(action)
    this.#last = result.catch(() => undefined)
    return result
  }

  async #save(engine: string, list: readonly NewEngine[]): Promise<void> {
    const path = this.#of.file
    const refuse = (reason: string, cause?: unknown) =>
      new OdError('OD_ENGINE_FOLDER', { engine, path, reason }, { cause })
    if (this.#added === undefined) throw refuse('the list of engines in it is damaged')
    await this.#added.save(list).catch((error: NodeJS.ErrnoException) => {
      throw refuse(error.code ?? 'unknown reason', error)
    })
  }
}

/** Adds the engine; the result says also what was left open, so that it is the same at the next start. */
async function bring(
  { manager, startsEngines }: Surroundings,
  engine: NewEngine,
  isPatient: boolean,
): Promise<NewEngine> {
  if (engine.kind === 'remote') {
    return { ...engine, url: manager.addRemote(engine.name, engine.url).url }
  }
  const { kind, name, ...config } = engine
  if (!startsEngines) {
    throw new OdError('OD_ENGINE_SETTING', {
      engine: name,
      problem: 'integration.enabled is false',
    })
  }
  const { host, port } = await manager.addInstance(name, config, { isPatient })
  return { ...config, kind, name, host, port }
}
