/** What the recording is replayed against: three kinds of engine, each directly and behind gateways. */

import { startTestEngine } from '../../integration/engine/test-engine.ts'
import { smollm2 } from '../../smollm2/weights.ts'
import { startFakeOllama } from '../../support/fake-ollama/start.ts'
import { realBinary } from '../../support/ollama-program/kinds.ts'
import { serveRealOllama } from '../../support/ollama-program/real.ts'
import { goldenModels } from './models.ts'
import { behindModels, embeddedNode, embeddedNodes, entryModels, nodesBefore } from './nodes.ts'
import { storeModels } from './store-models.ts'

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
  await using started = new AsyncDisposableStack()
  const entry = started.use(await startFakeWith(entryModels))
  const behind = started.use(await startFakeWith(behindModels))
  return await behindNodes(started, [entry.port, behind.port])
}

export async function embeddedDirectly(): ReturnType<SetUp> {
  const smol = await smollm2()
  if ('missing' in smol) return smol
  await using started = new AsyncDisposableStack()
  const engine = await startTestEngine()
  started.defer(() => engine.stop())
  await storeModels(engine.url, smol.path)
  return stoppedWith(started.move(), engine.url)
}

export async function embeddedBehindNode(): ReturnType<SetUp> {
  const smol = await smollm2()
  if ('missing' in smol) return smol
  return await embeddedNode((engine, models) => storeModels(engine, smol.path, models))
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
  await using started = new AsyncDisposableStack()
  const { url } = await ground.serve(started, [...entryModels, ...behindModels])
  return stoppedWith(started.move(), url)
}

export async function realBehindNodes(): ReturnType<SetUp> {
  const ground = await realGround()
  if ('missing' in ground) return ground
  await using started = new AsyncDisposableStack()
  const entry = await ground.serve(started, entryModels)
  const behind = await ground.serve(started, behindModels)
  return await behindNodes(started, [entry.port, behind.port])
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
  const serve = async (started: AsyncDisposableStack, models: readonly string[]) => {
    const ollama = await serveRealOllama(program, { environment })
    started.defer(() => ollama.stop())
    await storeModels(ollama.url, smol.path, models)
    return ollama
  }
  return { serve }
}

/** Takes over what was started, which ends after the nodes. */
async function behindNodes(
  started: AsyncDisposableStack,
  ports: readonly [entry: number, behind: number],
): Promise<GoldenSubject> {
  const nodes = await nodesBefore(ports)
  started.defer(() => nodes.stop())
  return { ...stoppedWith(started.move(), nodes.url), apart: entryModels }
}

function stoppedWith(started: AsyncDisposableStack, url: string): GoldenSubject {
  return { url, stop: () => started.disposeAsync() }
}
