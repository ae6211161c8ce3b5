/** A gateway before two recording engines. */
import { expect, onTestFinished } from 'vitest'
import { canonicalName, parseModelName } from '../../../src/core/model-name.ts'
import type { GatewayLimits } from '../../../src/gateway/index.ts'
import { type Bench, startBench } from '../../integration/gateway/setup.ts'
import { headerOf } from '../../support/raw-http.ts'
import { until } from '../../support/until.ts'
import { probe } from '../withstand.ts'
import { checkAnswers, expectSeen } from './check.ts'
import { type Conversation, converse } from './conversation.ts'
import type { Relayed } from './expected.ts'
import { type RecordingEngine, startRecordingEngine } from './recording-engine.ts'

/** What takes time or memory, at a size that a test can wait for and reach. */
export const limits = {
  headersMs: 2_000,
  lingerMs: 20,
  headerBytesMax: 16 * 1024,
  headerFieldsMax: 128,
  urlBytesMax: 8 * 1024,
  clientBodyBytesMax: 1024 * 1024,
  droppedBodyBytesMax: 256 * 1024,
} satisfies Partial<GatewayLimits>

export interface FuzzGround extends Bench {
  readonly recorders: readonly RecordingEngine[]
  /** Requests that were sent so far, and bytes in the place of one. */
  readonly count: number
  /** Conversations beside each other; throws where one, or what the engines saw of them, is not as it should be. */
  hold(...conversations: readonly Conversation[]): Promise<void>
  /** Throws unless the log names the model that Go would read, for every request in which it reads one. */
  expectModels(): Promise<void>
}

/** Starts one: each engine has one of the models, and bears its name. */
export async function startFuzzGround(): Promise<FuzzGround> {
  const names = ['alpha', 'beta']
  const recorders = await Promise.all(names.map((name) => startRecordingEngine(name)))
  onTestFinished(() => {
    for (const recorder of recorders) recorder.stop()
  })
  const facts = names.map((id, i) => ({
    id,
    url: recorders[i]?.url ?? '',
    models: [{ name: `${id}:latest` }] as never,
  }))
  const bench = await startBench(facts, { limits })
  let late: readonly Relayed[] = [] // what nobody waited for may be seen a moment later
  let count = 0
  const models = new Map<string, string | undefined>()
  const hold = async (...conversations: readonly Conversation[]) => {
    for (const recorder of recorders) recorder.take()
    const talks = conversations.map((conversation) => converse(bench.origin, conversation, limits))
    const outcomes = await Promise.all(talks).catch(async (error: unknown) => {
      await Promise.allSettled(talks)
      for (let i = 0; i < 3; i++) await probe(bench.origin) // what is left of it must not meet the next one
      await untilQuiet(bench)
      throw error
    })
    const must = outcomes.flatMap(checkAnswers)
    for (const { expected, answer } of outcomes.flatMap(({ answered }) => answered)) {
      const { model, route } = expected
      if (model === undefined || route?.handling.type !== 'relay') continue
      const canonical = canonicalOf(model)
      models.set(headerOf(answer, 'x-od-request-id') ?? '', canonical)
      const engine = headerOf(answer, 'x-od-engine')
      const holder = names.find((name) => canonicalOf(name) === canonical) ?? engine
      if (engine !== undefined) expect([model, engine]).toEqual([model, holder])
    }
    const seen = recorders.flatMap((recorder) => recorder.take())
    const may = outcomes.flatMap((outcome) => outcome.may)
    expectSeen(seen, must, [...late, ...may], names.length)
    late = may
    for (const { faults } of recorders) expect(faults).toEqual([])
    for (const { sentCount } of outcomes) count += sentCount
  }
  const expectModels = async () => {
    const { requestId } = await probe(bench.origin)
    await until('all is logged', () => bench.everything().includes(requestId))
    const logged = bench
      .logged('request.finished')
      .filter((line) => models.has(String(line['requestId'])))
    for (const line of logged) {
      if (line['engine'] !== undefined)
        expect(line['model']).toBe(models.get(String(line['requestId'])))
    }
    expect(logged.length).toBe(models.size)
  }
  return {
    ...bench,
    recorders,
    get count() {
      return count
    },
    hold,
    expectModels,
  }
}

function canonicalOf(text: string): string | undefined {
  const name = parseModelName(text)
  return name === undefined ? undefined : canonicalName(name)
}

/** Resolves once nothing of all that was said is left in the gateway. */
export async function untilQuiet({ engines }: Bench): Promise<void> {
  await until('no request is left', () =>
    engines.list().every(({ activeRequests }) => activeRequests === 0),
  )
}
