/** Three real nodes under load, of which one process is killed: how many answers that costs, and until when it is made good. */
import { expect, onTestFinished, test } from 'vitest'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { thisMachine } from '../../support/hosts/index.ts'
import { until } from '../../support/until.ts'
import { type ChaosNode, startClients, startThree, untilAllInUse } from './chaos-setup.ts'

const fakeOptions = {
  models: [{ name: 'tiny' }],
  tokens: 'indexed',
  answerTokens: 4,
  parallel: 64,
} as const
const config = (url: string) => `engines: { remote: { engine: "${url}" } }
integration:
  process_manager: { auto_start: false, health_check_interval: "1s" }
  api_gateway: { load_balancing: round_robin }
`

/** Of each of two gateways. All that are under way at once are fewer than one in a thousand. */
const load = { model: 'tiny', clients: 4, requests: 4_500, flags: ['--tokens', '4'] }
const failedShareMax = 0.001
/** Within it a dead node is noticed (`cluster.timing: lan`); one that starts again is back sooner. */
const backMsMax = 10_000

/** Kills a process of the third node and starts it again; the engine that is there then. */
type Kill = (third: ChaosNode, fake: FakeOllama) => Promise<FakeOllama>

const kills: readonly (readonly [what: string, Kill])[] = [
  [
    'an engine',
    async (_, fake) => {
      await fake.kill()
      return await startFakeOllama({ ...fakeOptions, port: fake.port })
    },
  ],
  [
    'a node',
    async (third, fake) => {
      await third.kill()
      await third.startAgain()
      return fake
    },
  ],
]

test.each(kills)(
  'S-134 (part: processes to which no client is connected): %s killed under load costs fewer than one answer in a thousand',
  async (what, kill) => {
    const fakes = await Promise.all([1, 2, 3].map(() => startFakeOllama(fakeOptions)))
    onTestFinished(async () => {
      for (const fake of fakes) await fake.stop()
    })
    const hosts = [thisMachine, thisMachine, thisMachine]
    const nodes = await startThree(hosts, (i) => config(fakes[i]?.url ?? ''))
    await untilAllInUse(nodes, 3)
    const [first, second, third] = nodes
    const struck = fakes[2] as FakeOllama
    const clients = [first, second].map((node) => startClients(node, load))
    await until('it to be at work', async () => (await struck.requests()).length > 300)
    const startMs = performance.now()
    fakes[2] = await kill(third, struck)
    await untilAllInUse([first, second], 3)
    const backMs = Math.round(performance.now() - startMs)
    const seen = await Promise.all(clients.map(({ summary }) => summary))
    const answers = seen.reduce((sum, one) => sum + one.answers, 0)
    const ok = seen.reduce((sum, { classes }) => sum + classes.ok, 0)
    console.log(
      `${what} killed: ${answers - ok} of ${answers} failed, all in use again after ${backMs} ms`,
    )
    expect(answers).toBe(2 * load.requests)
    expect((answers - ok) / answers).toBeLessThan(failedShareMax)
    expect(backMs).toBeLessThan(backMsMax)
  },
  120_000,
)
