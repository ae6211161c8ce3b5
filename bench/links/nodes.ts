/**
 * Two nodes of the product, an engine each. Clients ask the gateway of the first one: for the model of its own engine (the
 * direct path), and for that of the other's (one hop). Beside them, in turns, what is least: two relays with bare mutual TLS
 * between them, and one relay alone. Linux only: CPU time is read from /proc.
 */
import { rawRequest } from '../../tests/support/raw-http.ts'
import { until } from '../../tests/support/until.ts'
import type { LoadOrder } from '../gateway/load.ts'
import { startListening } from '../gateway/processes.ts'
import { type Product, startProduct } from '../gateway/product.ts'
import { type Arm, goRounds, type Measured, printRow, spread } from '../gateway/rounds.ts'
import { type Bench, startHop } from './hop.ts'

const requests = 4_000
const connections = 32
const streams = 64
const linesOfStream = 1_000
/** More than are ever under way. */
const slots = 1_024

/** Of equal length, so that all answers are. */
const models = { direct: 'bench', hop: 'other' } as const

type Name = 'hop' | 'direct' | 'pair' | 'relay'
type Seen = Readonly<Record<Name, readonly Measured[]>>

const labels = { hop: 'one hop', direct: 'direct path' } as const
const cpuLabels = {
  hop: 'one hop',
  pair: 'bare mutual TLS',
  direct: 'direct path',
  relay: 'bare relay',
} as const

interface Phase {
  readonly what: 'requests' | 'chunks'
  /** Of a round. */
  readonly units: number
  readonly cpuUnits: number
  readonly load: Pick<LoadOrder, 'connections' | 'count'>
  readonly options: string
}

const phases: readonly Phase[] = [
  {
    what: 'requests',
    units: requests,
    cpuUnits: 10_000,
    load: { connections, count: requests },
    options: '"stream":false',
  },
  {
    what: 'chunks',
    units: streams * linesOfStream,
    cpuUnits: 1_000_000,
    load: { connections: streams, count: streams },
    options: `"stream":true,"options":{"num_predict":${linesOfStream}}`,
  },
]

/** Prints medians of the rounds and of the rounds' ratios. Throws when an arm lost or added a byte. */
export async function benchNodes({ load, keep }: Bench): Promise<void> {
  const engine = keep(await startListening('gateway/fake-engine', [models.direct]))
  const otherEngine = keep(await startListening('gateway/fake-engine', [models.hop]))
  const pair = await startHop('bare', otherEngine, keep)
  const relayArgs = [`http://127.0.0.1:${engine.port}`]
  const relay = keep(await startListening('gateway/bare-relay', relayArgs))
  const near = keep(await startProduct(engine.port, slots))
  const far = keep(await startProduct(otherEngine.port, slots, await near.invite()))
  await untilAnswered(near)
  const nodes = { port: near.port, pid: [near.pid, far.pid] }
  for (const phase of phases) {
    const direct = { ...nodes, body: bodyOf(models.direct, phase) }
    const hop = { ...nodes, body: bodyOf(models.hop, phase) }
    const arms: Record<Name, Arm> = { hop, direct, pair, relay }
    print(phase, await goRounds(arms, { ...phase.load, body: direct.body }, load))
  }
}

function bodyOf(model: string, { options }: Pick<Phase, 'options'>): string {
  return `{"model":"${model}","prompt":"Why is the sky blue?",${options}}`
}

/** The first node hears of the other's engine some moments after that one has joined. */
async function untilAnswered({ origin }: Product): Promise<void> {
  const body = bodyOf(models.hop, { options: '"stream":false' })
  const ask = () => rawRequest(origin, { method: 'POST', path: '/api/generate', body })
  const isAnswered = async () => (await ask()).status === 200
  await until('an answer from the other node', isAnswered, { timeoutMs: 30_000, everyMs: 100 })
}

function print({ what, units, cpuUnits }: Phase, seen: Seen): void {
  const perSecond = ({ durationMs }: Measured) => (units / durationMs) * 1000
  const cpu = ({ cpuSeconds }: Measured) => (cpuSeconds / units) * cpuUnits
  printRow(`${what}/s`, perSecond, 0, seen, {
    ...labels,
    pair: 'bare mutual TLS',
    relay: 'bare relay',
  })
  printRow(`CPU seconds of all relays per ${cpuUnits} ${what}`, cpu, 2, seen, cpuLabels)
  const added = (far: Name, direct: Name) =>
    seen[far].map((one, i) => cpu(one) - cpuOf(seen[direct][i], cpu))
  const [own, bare] = [added('hop', 'direct'), added('pair', 'relay')]
  console.log(`CPU seconds that the hop adds per ${cpuUnits} ${what}`)
  console.log(`  one hop over direct path ${spread(own, 2)}`)
  console.log(`  bare mutual TLS over bare relay ${spread(bare, 2)}`)
  console.log(
    `  ratio ${spread(
      own.map((value, i) => value / (bare[i] ?? Number.NaN)),
      2,
    )}`,
  )
}

function cpuOf(measured: Measured | undefined, cpu: (measured: Measured) => number): number {
  return measured === undefined ? Number.NaN : cpu(measured)
}
