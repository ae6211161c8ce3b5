/**
 * Measures, once a model is in memory, what this machine makes of it: how many threads a step is best given, and whether
 * several answers in one step are really faster than taking turns. On a processor with few cores two in a step often are
 * not, and one thread more often costs time; neither can be told from outside.
 */
import type { Clock } from '../../sys/clock.ts'
import type { BatchEntry } from './llama/batch.ts'

/** Milliseconds that one decode took: of a single token by threads, and of several sequences' tokens by their number. */
export interface Calibration {
  readonly threads: number
  /** What was measured for each count of threads. */
  readonly stepMs: ReadonlyMap<number, number>
  /** `widthMs[n - 1]`: a decode of one token for each of `n` sequences, with `threads`. Ends where time ran out. */
  readonly widthMs: readonly number[]
}

/** What is measured: decodes of a context that holds nothing yet. */
export interface Bench {
  setThreads(threads: number): void
  decode(entries: readonly BatchEntry[]): Promise<unknown>
  clear(): void
}

/** A load may take so much longer; a model whose steps take long is measured in fewer of them. */
const budgetMs = 1_000

/** Repetitions of one measurement; the median of them counts. */
const repetitions = 5

/** One thread more must save at least this share of a step: it takes a core from everybody else. */
const worthwhileGain = 0.1

/** Tries `threadCounts`, in their order, and widths up to `widthMax`. The context is empty before and after. */
export async function calibrate(
  bench: Bench,
  options: { threadCounts: readonly number[]; widthMax: number; token: number; clock: Clock },
): Promise<Calibration> {
  const { threadCounts, widthMax, token, clock } = options
  const endMs = clock.nowMs() + budgetMs
  const isOver = () => clock.nowMs() >= endMs
  const stepMs = new Map<number, number>()
  for (const threads of threadCounts) {
    if (isOver()) break
    bench.setThreads(threads)
    stepMs.set(threads, await medianStep(bench, 1, token, clock, isOver))
  }
  const threads = bestThreads(stepMs) ?? threadCounts[0] ?? 1
  bench.setThreads(threads)
  const alone = stepMs.get(threads)
  const widthMs = alone === undefined ? [] : [alone]
  for (let width = 2; width <= widthMax && !isOver(); width++) {
    widthMs.push(await medianStep(bench, width, token, clock, isOver))
  }
  return { threads, stepMs, widthMs }
}

/** The fewest threads to which no larger number is worth adding; undefined when nothing was measured. */
export function bestThreads(stepMs: ReadonlyMap<number, number>): number | undefined {
  let best: { threads: number; ms: number } | undefined
  for (const [threads, ms] of [...stepMs].sort(([a], [b]) => a - b)) {
    if (best === undefined || ms < best.ms * (1 - worthwhileGain)) best = { threads, ms }
  }
  return best?.threads
}

/** The first decode of a kind is not counted: it brings weights and threads to where they are needed. */
async function medianStep(
  bench: Bench,
  width: number,
  token: number,
  clock: Clock,
  isOver: () => boolean,
): Promise<number> {
  const times: number[] = []
  for (let position = 0; position <= repetitions; position++) {
    const entries = Array.from({ length: width }, (_, sequence) => ({
      sequence,
      token,
      position,
      wantsOutput: true,
    }))
    const startedMs = clock.nowMs()
    await bench.decode(entries)
    if (position > 0) times.push(clock.nowMs() - startedMs)
    if (isOver() && times.length > 0) break
  }
  bench.clear()
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY
}
