/**
 * The whole product (watcher, strategies, door, relay) against a bare relay and nginx, each in a process of its own, in front
 * of the same fake engine and under the same load, in turns. Linux only: CPU time is read from /proc.
 */
import type { LoadOrder } from './load.ts'
import { startNginx } from './nginx.ts'
import { type Listening, startListening, startLoad } from './processes.ts'
import { startProduct } from './product.ts'
import { goRounds, latency, type Measured, printRow, spread } from './rounds.ts'
import { benchSlowStreams } from './slow.ts'

const requestsOfRound = 8_000
const connections = 32
const streams = 16
const linesOfStream = 4_000
const openPerSecond = 1_000
const openRequests = 2_000
/** More than are ever under way. */
const slots = 10_000

const question = '"model":"bench","prompt":"Why is the sky blue?"'
const wholeBody = `{${question},"stream":false}`
const streamBody = `{${question},"stream":true,"options":{"num_predict":${linesOfStream}}}`

type Phase = 'requests' | 'streams' | 'open'

const orders: Readonly<Record<Phase, Omit<LoadOrder, 'port'>>> = {
  requests: { body: wholeBody, connections, count: requestsOfRound },
  streams: { body: streamBody, connections: streams, count: streams },
  open: { body: wholeBody, connections, count: openRequests, perSecond: openPerSecond },
}

/** How the arms are called, in the order in which they are printed; ours is set beside the references. */
const labels: Readonly<Record<string, string>> = {
  gateway: 'gateway',
  relay: 'bare relay',
  nginx: 'nginx',
  engine: 'engine without a relay',
}

/** Prints medians of the rounds and of the rounds' ratios. Throws when an arm lost or added a byte. */
export async function benchGateway(): Promise<void> {
  const started: { stop(): Promise<void> }[] = []
  const keep = <One extends { stop(): Promise<void> }>(one: One): One => {
    started.unshift(one)
    return one
  }
  try {
    const load = keep(startLoad())
    const engine = keep(await startListening('gateway/fake-engine'))
    const relay = keep(
      await startListening('gateway/bare-relay', [`http://127.0.0.1:${engine.port}`]),
    )
    const gateway = keep(await startProduct(engine.port, slots))
    const nginx = await startNginx(engine.port)
    if (nginx === undefined) console.log('nginx is not installed: measured without it')
    else keep(nginx)
    const arms: Readonly<Record<string, Listening>> = {
      engine,
      relay,
      gateway,
      ...(nginx && { nginx }),
    }
    for (const phase of ['requests', 'streams', 'open'] as const) {
      print(phase, await goRounds(arms, orders[phase], load))
    }
    await benchSlowStreams(arms, relay, labelsOf(arms))
  } finally {
    for (const one of started) await one.stop()
  }
}

type Seen = Readonly<Record<string, readonly Measured[]>>

/** The labels of the arms that are there. */
function labelsOf(arms: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name in arms))
}

function print(phase: Phase, seen: Seen): void {
  const references = ['relay', 'nginx'].filter((name) => name in seen)
  if (phase === 'open') {
    printAdded(seen, references)
    return
  }
  const isWhole = phase === 'requests'
  const units = isWhole ? requestsOfRound : streams * linesOfStream
  const perSecond = ({ durationMs }: Measured) => (units / durationMs) * 1000
  const cpuUnits = isWhole ? 10_000 : 1_000_000
  const cpu = ({ cpuSeconds }: Measured) => (cpuSeconds / units) * cpuUnits
  const what = isWhole ? 'requests' : 'chunks'
  printRow(`${what}/s`, perSecond, 0, seen, labelsOf(seen), references)
  printRow(`CPU seconds per ${cpuUnits} ${what}`, cpu, 2, seen, labelsOf(seen), references)
}

function printAdded(seen: Seen, references: readonly string[]): void {
  console.log(`latency at ${openPerSecond} requests/s, open loop`)
  for (const [name, label] of Object.entries(labelsOf(seen))) {
    const of = (part: number) => (seen[name] ?? []).map((one) => latency(one, part))
    console.log(`  ${label}: p50 ${spread(of(0.5), 2)} ms, p99 ${spread(of(0.99), 2)} ms`)
  }
  for (const reference of references) {
    const added = (part: number) =>
      (seen['gateway'] ?? []).map(
        (own, i) => latency(own, part) - latency(seen[reference]?.[i], part),
      )
    const p99 = spread(added(0.99), 2)
    console.log(`  gateway less ${labels[reference]}: p50 ${spread(added(0.5), 2)}, p99 ${p99} ms`)
  }
}
