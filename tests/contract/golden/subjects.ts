/** What the recording is replayed against: three kinds of engine, each directly and behind a gateway of two nodes. */

import { startTestEngine } from '../../integration/engine/test-engine.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { goldenModels } from './models.ts'
import { storeModels } from './store-models.ts'
import { behindModels, embeddedNodes, entryModels, nodesBefore } from './two-nodes.ts'

export interface GoldenSubject {
  /** Origin under test. */
  readonly url: string
  /** Models that have a runner of their own here although one server would have one runner for all. */
  readonly apart?: readonly string[]
  readonly stop: () => Promise<void>
}

/** What is missing on this machine, where the subject cannot be had. */
export type SetUp = () => Promise<GoldenSubject | { readonly missing: string }>

export async function fakeDirectly(): Promise<GoldenSubject> {
  return await startFakeOllama({ models: goldenModels })
}

export async function fakeBehindNodes(): Promise<GoldenSubject> {
  const fakes = await Promise.all([entryModels, behindModels].map(startFakeWith))
  const nodes = await nodesBefore([fakes[0]?.port ?? 0, fakes[1]?.port ?? 0])
  return both(nodes, fakes)
}

export async function embeddedDirectly(): ReturnType<SetUp> {
  const smol = await smollm2()
  if ('missing' in smol) return smol
  const engine = await startTestEngine()
  await storeModels(engine.url, smol.path)
  return { url: engine.url, stop: () => engine.stop() }
}

export async function embeddedBehindNodes(): ReturnType<SetUp> {
  const smol = await smollm2()
  if ('missing' in smol) return smol
  const nodes = await embeddedNodes((engine, models) => storeModels(engine, smol.path, models))
  return { ...nodes, apart: entryModels }
}

/** It shows that the suite compares rightly, and what another version of Ollama changes. */
export async function realDirectly(): ReturnType<SetUp> {
  const ground = await realGround()
  if ('missing' in ground) return ground
  const ollama = await ground.serve()
  await storeModels(ollama.url, ground.weights)
  return ollama
}

export async function realBehindNodes(): ReturnType<SetUp> {
  const ground = await realGround()
  if ('missing' in ground) return ground
  const ollamas = [await ground.serve(), await ground.serve()] as const
  await storeModels(ollamas[0].url, ground.weights, entryModels)
  await storeModels(ollamas[1].url, ground.weights, behindModels)
  return both(await nodesBefore([ollamas[0].port, ollamas[1].port]), ollamas)
}

function startFakeWith(names: readonly string[]) {
  return startFakeOllama({ models: goldenModels.filter(({ name }) => names.includes(name)) })
}

async function realGround() {
  const program = realBinary
  if (program === undefined) return { missing: 'needs OLLAMA_BIN' }
  const smol = await smollm2()
  if ('missing' in smol) return smol
  const environment = { OLLAMA_NO_CLOUD: '1', TZ: 'UTC' } // as it was recorded
  return { weights: smol.path, serve: () => serveRealOllama(program, { environment }) }
}

function both(
  nodes: GoldenSubject,
  engines: readonly { stop: () => Promise<void> }[],
): GoldenSubject {
  return {
    url: nodes.url,
    apart: entryModels,
    async stop() {
      await nodes.stop()
      for (const engine of engines) await engine.stop()
    },
  }
}
