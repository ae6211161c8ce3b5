/**
 * What a request costs more when the engine is on another node: clients → near end → link → far end → engine, against the
 * same over the least that mutual TLS can be, and against the engine itself. Every end is a process of its own; in turns.
 * Linux only: CPU time is read from /proc.
 */
import { startListening } from '../gateway/processes.ts'
import { goRounds, type Measured, printRow } from '../gateway/rounds.ts'
import { type Bench, startHop } from './hop.ts'

const requests = 4_000
const connections = 32
const streams = 32
const linesOfStream = 1_000

const question = '"model":"bench","prompt":"Why is the sky blue?"'
const wholeBody = `{${question},"stream":false}`
const streamBody = `{${question},"stream":true,"options":{"num_predict":${linesOfStream}}}`
const labels = { link: 'link', bare: 'bare mutual TLS', engine: 'engine without a hop' } as const

/** Prints medians of the rounds and of the rounds' ratios. Throws when an arm lost or added a byte. */
export async function benchEnds({ load, keep }: Bench): Promise<void> {
  const engine = keep(await startListening('gateway/fake-engine'))
  const [link, bare] = [await startHop('link', engine, keep), await startHop('bare', engine, keep)]
  const arms = { link, bare, engine }
  const whole = { body: wholeBody, connections, count: requests }
  const streamed = { body: streamBody, connections: streams, count: streams }
  print('requests', requests, 10_000, await goRounds(arms, whole, load))
  print('chunks', streams * linesOfStream, 1_000_000, await goRounds(arms, streamed, load))
}

function print(
  what: string,
  units: number,
  cpuUnits: number,
  seen: Readonly<Record<keyof typeof labels, readonly Measured[]>>,
): void {
  const perSecond = ({ durationMs }: Measured) => (units / durationMs) * 1000
  const cpu = ({ cpuSeconds }: Measured) => (cpuSeconds / units) * cpuUnits
  printRow(`${what}/s`, perSecond, 0, seen, labels)
  printRow(`CPU seconds of both ends per ${cpuUnits} ${what}`, cpu, 2, seen, labels)
}
