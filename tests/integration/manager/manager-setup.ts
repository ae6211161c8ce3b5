import { readFile } from 'node:fs/promises'
import { afterEach, vi } from 'vitest'
import type { EngineView } from '../../../src/core/engine.ts'
import {
  type InstanceConfig,
  OllamaProcessManager,
  type ProcessManagerConfig,
} from '../../../src/engine/manager/index.ts'
import { logOfFile } from '../../../src/node/engine-log.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { systemProcesses } from '../../../src/sys/processes.ts'
import { fakeOllama, type OllamaKind } from '../../support/ollama-program/kinds.ts'
import { loadedRunner } from '../../support/ollama-program/runner.ts'
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts'
import { until } from '../../support/until.ts'

/** A manager with an installed `ollama`, and questions that tests ask of it. */
export interface ManagerBench {
  readonly folder: TemporaryDirectory
  readonly manager: OllamaProcessManager
  /** Every event, oldest first: `default running: it answers`. */
  readonly events: () => string[]
  /** States of one engine, oldest first. */
  readonly statesOf: (name: string) => string[]
  readonly engine: (name: string) => EngineView
  readonly untilState: (
    name: string,
    state: EngineView['state'],
    timeoutMs?: number,
  ) => Promise<EngineView>
  /** Starts an Ollama that has the model `tiny`. */
  readonly startStocked: (name: string, config?: InstanceConfig) => Promise<EngineView>
  /** The child that an engine has as its runner; `tiny` is loaded for it. */
  readonly runnerOf: (name: string) => Promise<number>
  readonly linesOf: (name: string, linesMax?: number) => Promise<readonly string[]>
}

const cleanUps: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** A started manager in an empty folder, which is its user's home too, stopped after the test. */
export async function startManager(
  config: Partial<ProcessManagerConfig> = {},
  ollama: OllamaKind = fakeOllama,
): Promise<ManagerBench> {
  const folder = await makeTemporaryDirectory()
  cleanUps.push(() => folder.remove())
  const { binary, env } = await ollama.install(folder.path)
  vi.stubEnv('HOME', env.HOME)
  cleanUps.push(async () => vi.unstubAllEnvs())
  const dataDir = folder.inside('data')
  const manager = new OllamaProcessManager({
    dataDir,
    binary,
    healthCheckIntervalMs: 300,
    ...config,
  })
  const events: EngineView[] = []
  manager.monitor.onEvent((engine) => void events.push(engine))
  await manager.start()
  cleanUps.push(() => manager.stop())
  const engine = (name: string) => manager.instance(name)
  const linesOf = (name: string, linesMax = 1_000) =>
    logOfFile(manager.logFileOf(name) ?? '', systemClock).tail(linesMax)
  return {
    folder,
    manager,
    engine,
    linesOf,
    events: () => events.map(({ id, state, reason }) => `${id} ${state}: ${reason}`),
    statesOf: (name) => events.filter(({ id }) => id === name).map(({ state }) => state),
    untilState: (name, state, timeoutMs) =>
      until(
        `${name} to be ${state}`,
        () => (engine(name).state === state ? engine(name) : undefined),
        timeoutMs === undefined ? {} : { timeoutMs },
      ),
    startStocked: async (name, instance) => {
      const started = await manager.startInstance(name, instance)
      await ollama.stock(started.url)
      return started
    },
    runnerOf: (name) => loadedRunner(engine(name)),
  }
}

/** Those of the processes that live. */
export function living(pids: readonly number[]): number[] {
  return pids.filter((pid) => systemProcesses.isAlive(pid))
}

/** Pids that the records of a data folder name. */
export async function recordedPids(dataDir: string): Promise<number[]> {
  const text = await readFile(`${dataDir}/run/children.json`, 'utf8')
  return (JSON.parse(text) as { children: { pid: number }[] }).children.map(({ pid }) => pid)
}
