/**
 * The whole product (watcher, strategies, door, relay) against a bare relay, each in a process of its own, in front of the
 * same fake engine and under the same load, in turns. Linux only: CPU time is read from /proc.
 */
import type { LoadOrder } from './load.ts'
import { startListening, startLoad } from './processes.ts'
import { startProduct } from './product.ts'
import { goRounds, latency, type Measured, printRow, spread } from './rounds.ts'

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
    const engine = keep(await startListening('gateway/fake-engine'))
    const relay = keep(
      await startListening('gateway/bare-relay', [`http://127.0.0.1:${engine.port}`]),
    )
    const gateway = keep(await startProduct(engine.port, slots))
    const arms = { engine, relay, gateway }
    for (const phase of ['requests', 'streams', 'open'] as const) {
      print(phase, await goRounds(arms, orders[phase], load))
    }
  } finally {
    for (const one of started) await one.stop()
  }
}

/** How they are called, in the order in which they are printed. */
const arms = { gateway: 'gateway', relay: 'bare relay', engine: 'engine without a relay' } as const

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
  printRow(`${what}/s`, perSecond, 0, seen, arms)
  printRow(`CPU seconds per ${cpuUnits} ${what}`, cpu, 2, seen, arms)
}
