/**
 * What a request costs more when the engine is on another node: clients → near end → link → far end → engine, against the
 * same over the least that mutual TLS can be, and against the engine itself. Every end is a process of its own; in turns.
 * Linux only: CPU time is read from /proc.
 */
import { loadIdentity } from '../../src/cluster/identity/index.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { type Listening, startListening, startLoad } from '../gateway/processes.ts'
import { type Arm, goRounds, type Measured, printRow } from '../gateway/rounds.ts'

const requests = 4_000
const connections = 32
const streams = 32
const linesOfStream = 1_000

const question = '"model":"bench","prompt":"Why is the sky blue?"'
const wholeBody = `{${question},"stream":false}`
const streamBody = `{${question},"stream":true,"options":{"num_predict":${linesOfStream}}}`
const labels = { link: 'link', bare: 'bare mutual TLS', engine: 'engine without a hop' } as const

/** Prints medians of the rounds and of the rounds' ratios. Throws when an arm lost or added a byte. */
export async function benchLinks(): Promise<void> {
  const started: { stop(): Promise<void> }[] = []
  const keep = <One extends { stop(): Promise<void> }>(one: One): One => {
    started.unshift(one)
    return one
  }
  const [nearDir, farDir] = [await makeTemporaryDirectory(), await makeTemporaryDirectory()]
  try {
    const [near, far] = [await loadIdentity(nearDir.path), await loadIdentity(farDir.path)]
    const load = keep(startLoad())
    const engine = keep(await startListening('gateway/fake-engine'))
    const startHop = async (kind: 'link' | 'bare'): Promise<Arm> => {
      const origin = `http://127.0.0.1:${engine.port}`
      const startEnd = async (...args: Parameters<typeof startListening>): Promise<Listening> =>
        keep(await startListening(...args))
      const farEnd = await startEnd('links/far-end', [kind, farDir.path, near.peer, origin])
      const place = [far.peer, String(farEnd.port)]
      const nearEnd = await startEnd('links/near-end', [kind, nearDir.path, ...place])
      return { port: nearEnd.port, pid: [nearEnd.pid, farEnd.pid] }
    }
    const arms = { link: await startHop('link'), bare: await startHop('bare'), engine }
    const whole = { body: wholeBody, connections, count: requests }
    const streamed = { body: streamBody, connections: streams, count: streams }
    print('requests', requests, 10_000, await goRounds(arms, whole, load))
    print('chunks', streams * linesOfStream, 1_000_000, await goRounds(arms, streamed, load))
  } finally {
    for (const one of started) await one.stop()
    await Promise.all([nearDir.remove(), farDir.remove()])
  }
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
