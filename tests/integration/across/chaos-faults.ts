/** Faults in engines, in one node and in the links of three real nodes, and clients at the other two that check every answer. */
import { expect, onTestFinished } from 'vitest'
import type { CheckSummary } from '../../../src/fake-engine/check/index.ts'
import { systemClock } from '../../../src/sys/clock.ts'
import { type Random, seededRandom } from '../../../src/sys/random.ts'
import { type FakeOllama, startFakeOllama } from '../../support/fake-ollama/start.ts'
import { type Host, makeNetwork, type Network, thisMachine } from '../../support/hosts/index.ts'
import { until } from '../../support/until.ts'
import { type ChaosNode, startClients, startThree, untilAllInUse } from './chaos-setup.ts'

const seed = Number(process.env['OD_TEST_FAULTS_SEED'] ?? 1)
const clientsOfEach = 32
const fakeOptions = {
  models: [{ name: 'tiny' }],
  tokens: 'indexed',
  answerTokens: 20,
  tokenIntervalMs: 20,
  parallel: 64,
} as const
const config = (url: string) => `ollama: { max_concurrent: 32 }
engines: { remote: { engine: "${url}" } }
integration:
  process_manager: { auto_start: false, health_check_interval: "1s" }
  api_gateway: { load_balancing: round_robin }
`

interface Scene {
  readonly network: Network | undefined
  /** The third one is the one that dies. */
  readonly nodes: readonly [ChaosNode, ChaosNode, ChaosNode]
  readonly fakes: FakeOllama[]
  /** Inferences that were inside an engine when it, or its node, was struck. As the fakes count them. */
  hits: number
}

async function setScene(network: Network | undefined): Promise<Scene> {
  const hosts: readonly Host[] = network?.hosts ?? [thisMachine, thisMachine, thisMachine]
  const fakes = await Promise.all(hosts.map(({ prefix }) => startFakeOllama(fakeOptions, prefix)))
  onTestFinished(async () => {
    for (const fake of fakes) await fake.stop()
  })
  const nodes = await startThree(hosts, (i) => config(fakes[i]?.url ?? ''))
  await untilAllInUse(nodes, 3)
  return { network, nodes, fakes, hits: 0 }
}

type Fault = (scene: Scene, random: Random) => Promise<void>

/** Short ones are over before anybody judges; long ones outlast the probes and a doubt. */
const someMs = (random: Random) => (random.number() < 0.7 ? 50 : 1_500) + random.number() * 1_500

const killEngine: Fault = async (scene, random) => {
  const place = Math.floor(random.number() * 3)
  const fake = scene.fakes[place]
  if (fake === undefined) return
  scene.hits += await inside(fake)
  await fake.kill()
  await waitMs(random.number() * 1_000)
  const options = { ...fakeOptions, port: fake.port }
  scene.fakes[place] = await startFakeOllama(options, scene.nodes[place]?.host.prefix)
}

const freezeEngine: Fault = async (scene, random) => {
  const fake = scene.fakes[Math.floor(random.number() * 3)]
  if (fake === undefined) return
  scene.hits += await inside(fake)
  process.kill(fake.pid, 'SIGSTOP')
  await waitMs(someMs(random)).finally(() => process.kill(fake.pid, 'SIGCONT'))
}

const killNode: Fault = async (scene, random) => {
  const [, , third] = scene.nodes
  scene.hits += await inside(scene.fakes[2])
  await third.kill()
  await waitMs(random.number() * 1_000)
  await third.startAgain()
}

const freezeNode: Fault = async (scene, random) => {
  const [, , third] = scene.nodes
  scene.hits += await inside(scene.fakes[2])
  third.freeze()
  await waitMs(someMs(random)).finally(() => third.thaw())
}

const cutLink =
  (ways: 1 | 2): Fault =>
  async ({ network, nodes }, random) => {
    const one = nodes[Math.floor(random.number() * 2)]?.host // there is a client at one end of each
    const other = nodes.filter(({ host }) => host !== one)[Math.floor(random.number() * 2)]?.host
    if (network === undefined || one === undefined || other === undefined) return
    const isThere = random.number() < 0.5
    const cuts = [[one, other] as const, [other, one] as const].slice(
      ways === 2 || isThere ? 0 : 1,
      ways === 2 || !isThere ? 2 : 1,
    )
    for (const [from, to] of cuts) network.cut(from, to)
    await waitMs(someMs(random)).finally(() => {
      for (const [from, to] of cuts) network.mend(from, to)
    })
  }

/** What can go wrong on one machine. */
export const onOneMachine: readonly Fault[] = [killEngine, freezeEngine, killNode, freezeNode]
/** And between hosts. */
export const onHosts: readonly Fault[] = [...onOneMachine, cutLink(1), cutLink(2)]

/** Inferences that an engine has in its hands. */
async function inside(fake: FakeOllama | undefined): Promise<number> {
  const requests = (await fake?.requests()) ?? []
  const isInference = (target: string) => target === '/api/generate' || target === '/api/chat'
  return requests.filter(({ outcome, target }) => outcome === 'active' && isInference(target))
    .length
}

const waitMs = (ms: number) =>
  new Promise<void>((resolve) => {
    systemClock.after(ms, resolve)
  })

/** One fault after the other; now and then all have to be in use again, so that there is something to strike. */
async function plague(scene: Scene, kinds: readonly Fault[], count: number): Promise<void> {
  const random = seededRandom(seed)
  for (let i = 0; i < count; i++) {
    if (i % 12 === 0) await untilAllInUse(scene.nodes.slice(0, 2), 3)
    await kinds[i % kinds.length]?.(scene, random)
  }
}

const ask = (node: ChaosNode, requests: number) =>
  startClients(node, { model: 'tiny', clients: clientsOfEach, requests })

const sum = (summaries: readonly CheckSummary[], of: (one: CheckSummary) => number) =>
  summaries.map(of).reduce((a, b) => a + b, 0)

/**
 * Expects that no answer fails before its first byte, and none is cut in silence or spoilt, through so many faults of these
 * kinds, and prints the figures. Resolves with the inferences that were struck. Without a network all is on this machine.
 */
export async function holdThrough(
  kinds: readonly Fault[],
  faults: number,
  network?: Network,
): Promise<number> {
  const scene = await setScene(network)
  const gateways = scene.nodes.slice(0, 2)
  const calm = await Promise.all(gateways.map((node) => ask(node, 640).summary))
  const running = gateways.map((node) => ask(node, 1_000_000))
  const startMs = performance.now()
  await plague(scene, kinds, faults)
  const faultMs = Math.round(performance.now() - startMs)
  const backMs = await untilAllInUse(scene.nodes, 3)
  const seen = await Promise.all(running.map((clients) => clients.end()))
  const classes = seen.map((one) => JSON.stringify(one.classes))
  const worst = (all: readonly CheckSummary[], which: 'p50' | 'p99') =>
    Math.round(Math.max(...all.map(({ firstTokenMs }) => firstTokenMs?.[which] ?? 0)))
  console.log(
    `seed ${seed}: ${faults} faults in ${faultMs} ms, ${scene.hits} inferences struck, ` +
      `${sum(seen, ({ answers }) => answers)} answers ${classes.join(' ')}; first token p50/p99 ` +
      `${worst(seen, 'p50')}/${worst(seen, 'p99')} ms, without faults ${worst(calm, 'p50')}/${worst(calm, 'p99')} ms: ` +
      `p99 of the added wait ${worst(seen, 'p99') - worst(calm, 'p99')} ms; all back after ${backMs} ms`,
  )
  const isBad = ({ class: name }: { class: string }) => name !== 'broken' // its reader was told
  const bad = seen.flatMap(({ examples }) => examples.filter(isBad))
  if (bad.length > 0) {
    const failures = await Promise.all(gateways.map((node) => node.failures()))
    console.log(`requests that failed:\n${failures.flat().join('\n')}`)
  }
  expect(bad).toEqual([])
  for (const { classes: found } of seen) {
    expect(found).toMatchObject({ failed: 0, truncated: 0, corrupted: 0, refused: 0 })
  }
  expect(sum(calm, ({ classes: { ok } }) => ok)).toBe(1_280)
  return scene.hits
}

/** Ways between hosts by their numbers, from and to. */
type Ways = readonly (readonly [from: number, to: number])[]

/**
 * Expects that a link of the first gateway that stays cut is noticed in time by that gateway, although all nodes hear of each
 * other by way of the second, and prints the figures.
 */
export async function holdWithoutLink(ways: Ways): Promise<void> {
  const network = makeNetwork(3)
  onTestFinished(() => network.remove())
  const { nodes, fakes } = await setScene(network)
  const [first, second] = nodes
  const during = ask(first, 400).summary
  await until('the third engine to be at work', async () => (await inside(fakes[2])) > 5)
  for (const [from, to] of ways) network.cut(hostAt(network, from), hostAt(network, to))
  const { classes, elapsedMs, firstTokenMs } = await during
  const after = await ask(first, 64).summary
  console.log(
    `${JSON.stringify(classes)} in ${Math.round(elapsedMs)} ms, first token p99 ` +
      `${Math.round(firstTokenMs?.p99 ?? 0)} ms, then ${Math.round(after.firstTokenMs?.p99 ?? 0)} ms`,
  )
  expect(classes).toMatchObject({ failed: 0, refused: 0, truncated: 0, corrupted: 0 })
  expect(elapsedMs).toBeLessThan(45_000) // begun streams are given up after some 20 s, whatever TCP still hopes for
  expect(firstTokenMs?.p99).toBeLessThan(8_000)
  expect(after.classes.ok).toBe(64)
  expect(after.firstTokenMs?.p99).toBeLessThan(2_000)
  await untilAllInUse([second], 3) // from there nothing is lost
  for (const [from, to] of ways) network.mend(hostAt(network, from), hostAt(network, to))
  await untilAllInUse(nodes, 3)
}

function hostAt({ hosts }: Network, number: number): Host {
  const host = hosts[number]
  if (host === undefined) throw new Error(`no host ${number}`)
  return host
}
