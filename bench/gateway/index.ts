/**
 * The whole product (watcher, strategies, door, relay) against a bare relay, each in a process of its own, in front of the
 * same fake engine and under the same load, in turns. Linux only: CPU time is read from /proc.
 */
import type { LoadOrder, LoadResult } from './load.ts'
import {
  cpuSecondsOf,
  type Listening,
  type Load,
  startListening,
  startLoad,
  startProduct,
} from './processes.ts'

const warmUpRounds = 2
const rounds = 5
const requestsOfRound = 8_000
const connections = 32
const streams = 64
const linesOfStream = 1_000
const openPerSecond = 1_000
const openRequests = 4_000
/** More than are ever under way. */
const slots = 1_024

const question = '"model":"bench","prompt":"Why is the sky blue?"'
const wholeBody = `{${question},"stream":false}`
const streamBody = `{${question},"stream":true,"options":{"num_predict":${linesOfStream}}}`

type Phase = 'requests' | 'streams' | 'open'

const orders: Readonly<Record<Phase, Omit<LoadOrder, 'port'>>> = {
  requests: { body: wholeBody, connections, count: requestsOfRound },
  streams: { body: streamBody, connections: streams, count: streams },
  open: { body: wholeBody, connections, count: openRequests, perSecond: openPerSecond },
}

interface Measured extends LoadResult {
  readonly cpuSeconds: number
}

type Arm = 'engine' | 'relay' | 'gateway'

/** Prints medians of the rounds and of the rounds' ratios. Throws when an arm lost or added a byte. */
export async function benchGateway(): Promise<void> {
  const started: { stop(): Promise<void> }[] = []
  const keep = <One extends { stop(): Promise<void> }>(one: One): One => {
    started.unshift(one)
    return one
  }
  try {
    const load = keep(startLoad())
    const engine = keep(await startListening('fake-engine'))
    const relay = keep(await startListening('bare-relay', [`http://127.0.0.1:${engine.port}`]))
    const gateway = keep(await startProduct(engine.port, slots))
    const arms = { engine, relay, gateway }
    for (const phase of ['requests', 'streams', 'open'] as const) {
      print(phase, await measure(phase, arms, load))
    }
  } finally {
    for (const one of started) await one.stop()
  }
}

/** Warms each arm up, then goes round them, every other time backwards. */
async function measure(
  phase: Phase,
  arms: Readonly<Record<Arm, Listening>>,
  load: Load,
): Promise<Record<Arm, Measured[]>> {
  const seen: Record<Arm, Measured[]> = { engine: [], relay: [], gateway: [] }
  const names = Object.keys(seen) as Arm[]
  const run = async (name: Arm): Promise<Measured> => {
    const { pid, port } = arms[name]
    const before = cpuSecondsOf(pid)
    const result = await load.run({ ...orders[phase], port })
    return { ...result, cpuSeconds: cpuSecondsOf(pid) - before }
  }
  for (let round = 0; round < warmUpRounds; round++) {
    for (const name of names) await run(name)
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      seen[name].push(await run(name))
    }
  }
  const sizes = new Set(names.flatMap((name) => seen[name].map(({ bodyBytes }) => bodyBytes)))
  if (sizes.size !== 1) throw new Error('the arms passed on different numbers of bytes')
  return seen
}

function print(phase: Phase, seen: Readonly<Record<Arm, readonly Measured[]>>): void {
  if (phase === 'open') {
    const added = (part: number) =>
      seen.gateway.map((own, i) => latency(own, part) - latency(seen.relay[i], part))
    console.log(`added latency at ${openPerSecond} requests/s, open loop`)
    console.log(`  p50 ${spread(added(0.5), 2)} ms, p99 ${spread(added(0.99), 2)} ms`)
    return
  }
  const isWhole = phase === 'requests'
  const units = isWhole ? requestsOfRound : streams * linesOfStream
  const perSecond = ({ durationMs }: Measured) => (units / durationMs) * 1000
  const cpuUnits = isWhole ? 10_000 : 1_000_000
  const cpu = ({ cpuSeconds }: Measured) => (cpuSeconds / units) * cpuUnits
  const what = isWhole ? 'requests' : 'chunks'
  row(`${what}/s`, perSecond, 0, seen)
  row(`CPU seconds per ${cpuUnits} ${what}`, cpu, 2, seen)
}

/** One figure of all arms, and the gateway's over the relay's of the same round. */
function row(
  title: string,
  figure: (measured: Measured) => number,
  digits: number,
  seen: Readonly<Record<Arm, readonly Measured[]>>,
): void {
  const of = (name: Arm) => seen[name].map(figure)
  const relay = of('relay')
  const ratios = of('gateway').map((own, i) => own / (relay[i] ?? Number.NaN))
  console.log(title)
  console.log(`  gateway ${spread(of('gateway'), digits)}`)
  console.log(`  bare relay ${spread(relay, digits)}`)
  console.log(`  engine without a relay ${spread(of('engine'), digits)}`)
  console.log(`  gateway over bare relay ${spread(ratios, 2)}`)
}

function latency(measured: Measured | undefined, part: number): number {
  const sorted = measured?.latenciesMs ?? []
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  const text = (at: number) => (sorted[at] ?? Number.NaN).toFixed(digits)
  return `${text(Math.floor(sorted.length / 2))} (${text(0)} to ${text(sorted.length - 1)})`
}
