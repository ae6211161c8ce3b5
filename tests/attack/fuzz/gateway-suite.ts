/** Fuzzed conversations with a gateway before engines that record: what one of them sees, the other saw. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { routes } from '../../../src/gateway/routes.ts'
import { until } from '../../support/until.ts'
import { usedMemoryBytes } from '../../support/used-memory.ts'
import { countHandles } from '../withstand.ts'
import { hostile } from './hostile.ts'
import { assertRepeatably, sampleRepeatably } from './repeatable.ts'
import { plainRequest, request } from './requests.ts'
import { type FuzzGround, startFuzzGround, untilQuiet } from './setup.ts'

const modelRequest = plainRequest(routes.filter(({ modelIn }) => modelIn === 'json'))

const pauses = fc.array(fc.nat(5_000), { maxLength: 4 })

const conversationOf = (parts: fc.Arbitrary<readonly string[]>) =>
  fc.record({ bytes: parts.map((list) => list.join('')), pauses })

const themes = [
  {
    title: 'bodies of every kind',
    runs: 900,
    conversations: conversationOf(fc.array(modelRequest, { minLength: 1, maxLength: 8 })),
  },
  {
    title: 'targets, methods and headers',
    runs: 1_000,
    conversations: conversationOf(fc.array(request, { minLength: 1, maxLength: 8 })),
  },
  {
    title: 'bytes that are no request, behind some that are',
    runs: 1_700,
    conversations: conversationOf(
      fc.tuple(fc.array(request, { maxLength: 1 }), hostile).map(([good, bad]) => [...good, bad]),
    ),
  },
]

/** What may have been added by thousands of requests: the language itself keeps some of it. */
const addedBytesMax = 24 * 1024 * 1024

const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

/** Runs it, and throws unless nothing of it is left. */
async function withNothingLeft(title: string, ground: FuzzGround, run: () => Promise<void>) {
  const before = {
    handles: countHandles(),
    usedBytes: usedMemoryBytes(),
    startedMs: performance.now(),
  }
  await run()
  const durationMs = Math.round(performance.now() - before.startedMs)
  await untilQuiet(ground)
  const toEngines = () => ground.recorders.reduce((sum, { openCount }) => sum + openCount, 0)
  await until('no client is left', () => countHandles() - 2 * toEngines() <= before.handles)
  const addedBytes = usedMemoryBytes() - before.usedBytes
  expect(addedBytes).toBeLessThan(addedBytesMax)
  expect(ground.logged('request.bug')).toEqual([])
  await ground.expectModels()
  const memory = `${mib(addedBytes)} more used, ${mib(process.memoryUsage().rss)} resident`
  console.log(`fuzz, ${title}: ${ground.count} requests in ${durationMs} ms, ${memory}`)
}

/** `factor`: how often the usual number of requests, which is ten thousand, and of minutes. */
export function fuzzGateway(factor: number): void {
  test.each(themes)(
    'fuzz, $title: gateway and engines see the same',
    { timeout: 300_000 * factor },
    async (theme) => {
      const { title, conversations, runs } = theme
      const ground = await startFuzzGround()
      const property = fc.asyncProperty(conversations, (conversation) => ground.hold(conversation))
      await withNothingLeft(title, ground, () => assertRepeatably(property, runs * factor))
    },
  )

  test("fuzz, forty conversations at a time: nobody gets what is another's", {
    timeout: 300_000 * factor,
  }, async () => {
    const ground = await startFuzzGround()
    const lists = themes.map(({ conversations }) => sampleRepeatably(conversations, 300 * factor))
    const mixed = Array.from(
      { length: 900 * factor },
      (_, i) => lists[i % 3]?.[Math.floor(i / 3)],
    ).filter((one) => one !== undefined)
    await withNothingLeft('forty at a time', ground, async () => {
      for (let i = 0; i < mixed.length; i += 40) await ground.hold(...mixed.slice(i, i + 40))
    })
  })
}
