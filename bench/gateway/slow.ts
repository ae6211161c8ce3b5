/** Slow streams: as many as the bare relay carries, then the same number through each arm. */
import { type Asked, type Listening, rssBytesOf, startSlowLoad } from './processes.ts'
import { spread } from './rounds.ts'
import type { SlowOrder, SlowResult } from './slow-load.ts'

const linesPerSecond = 5
const openedPerSecond = 1_000
const settleMs = 1_000
const windowMs = 4_000
/** What a stream has beyond the window, so that none ends within it. */
const spareMs = 1_000
/** A relay carries them when so large a part of the lines arrives in time. */
const carriedShare = 0.99
const streamsMin = 500
/** Each takes two open files of a relay; a gateway takes 10,000 connections. */
const streamsMax = 9_500
const rounds = 3
const sampleMs = 250
const mebibyte = 2 ** 20

interface Slow {
  /** Lines that arrived in the window, of those that are due in it. */
  readonly share: number
  readonly cut: number
  readonly gapP99Ms: number
  /** The highest seen. */
  readonly rssBytes: number
}

type SlowLoad = Asked<SlowOrder, SlowResult>

/** Prints how many streams the reference carries, and what each arm makes of them. `labels`: the arms in order of print. */
export async function benchSlowStreams(
  arms: Readonly<Record<string, Listening>>,
  reference: Listening,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const load = startSlowLoad()
  try {
    const streams = await mostCarried((count) => run(reference, count, load))
    const atLimit = streams >= streamsMax ? ' (the most that is tried)' : ''
    console.log(`streams of ${linesPerSecond} lines/s: ${streams}${atLimit}`)
    const seen: Record<string, Slow[]> = {}
    for (let round = 0; round < rounds; round++) {
      for (const [name, arm] of Object.entries(arms)) {
        const list = (seen[name] ??= [])
        list.push(await run(arm, streams, load))
      }
    }
    for (const [name, label] of Object.entries(labels)) print(label, seen[name] ?? [])
  } finally {
    await load.stop()
  }
}

/** Doubles while they are carried, then adds halves of that. A miss counts when it happens twice. Throws when the first does. */
async function mostCarried(trial: (streams: number) => Promise<Slow>): Promise<number> {
  const isCarried = async (streams: number) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const { share } = await trial(streams)
      console.log(`  tried ${streams}: ${share.toFixed(3)} delivered`)
      if (share >= carriedShare) return true
    }
    return false
  }
  let carried = 0
  let next = streamsMin
  while (carried < streamsMax && (await isCarried(next))) {
    carried = next
    next = Math.min(2 * next, streamsMax)
  }
  if (carried === 0) throw new Error(`not even ${streamsMin} slow streams are carried`)
  for (
    let step = carried / 2;
    step >= carried / 16 && carried < next;
    step = Math.floor(step / 2)
  ) {
    const more = carried + step
    if (more < next && (await isCarried(more))) carried = more
  }
  return carried
}

async function run(arm: Listening, streams: number, load: SlowLoad): Promise<Slow> {
  const openMs = (streams / openedPerSecond) * 1000
  const lines = Math.ceil(((openMs + settleMs + windowMs + spareMs) / 1000) * linesPerSecond)
  const what = `"model":"bench","prompt":"${linesPerSecond} lines per second"`
  const body = `{${what},"stream":true,"options":{"num_predict":${lines}}}`
  let rssBytes = 0
  const sample = setInterval(() => (rssBytes = Math.max(rssBytes, rssBytesOf(arm.pid))), sampleMs)
  try {
    const order = { port: arm.port, body, streams, openedPerSecond, settleMs, windowMs }
    const result = await load.run(order)
    const due = streams * linesPerSecond * (windowMs / 1000)
    const { cut, gapsMs } = result
    const gapP99Ms = gapsMs[Math.floor(gapsMs.length * 0.99)] ?? Number.NaN
    return { share: result.lines / due, cut, gapP99Ms, rssBytes }
  } finally {
    clearInterval(sample)
  }
}

function print(label: string, seen: readonly Slow[]): void {
  const of = (figure: (one: Slow) => number, digits: number) => spread(seen.map(figure), digits)
  const share = of((one) => one.share, 3)
  const cut = of((one) => one.cut, 0)
  const gap = of((one) => one.gapP99Ms, 0)
  const memory = of((one) => one.rssBytes / mebibyte, 0)
  console.log(`  ${label}: delivered ${share}, cut ${cut}, p99 gap ${gap} ms, memory ${memory} MiB`)
}
