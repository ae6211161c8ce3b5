import { readFileSync } from 'node:fs'

/** Memory of the processes of a node at one time, in bytes. */
export interface MemorySample {
  readonly gateway: number
  readonly engine: number
  /** The largest runner. */
  readonly runner: number
}

/** Memory of a process that is in RAM; 0 when it is gone. */
export function residentBytesOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

/**
 * How much each kind of process had in the last quarter of the run in proportion to the second one; the first fills caches. Of
 * those that stay the least counts: their heaps rise for minutes until they are collected, and a leak lifts the floor. Of
 * runners, which come and go, the largest.
 */
export function growth(samples: readonly MemorySample[]): Record<keyof MemorySample, number> {
  const quarter = Math.floor(samples.length / 4)
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)]
  const ratio = (of: (part: readonly MemorySample[]) => number) => of(late) / of(early)
  return {
    gateway: ratio((part) => Math.min(...part.map(({ gateway }) => gateway))),
    engine: ratio((part) => Math.min(...part.map(({ engine }) => engine))),
    runner: ratio((part) => Math.max(...part.map(({ runner }) => runner))),
  }
}

/** For each kind of process ten values spread evenly over the run, in MiB, and its growth; as lines to print. */
export function memoryLines(samples: readonly MemorySample[]): string[] {
  const grown = growth(samples)
  return (['gateway', 'engine', 'runner'] as const).map((process) => {
    const tenths = Array.from({ length: 10 }, (_, tenth) => {
      const sample = samples[Math.floor(((tenth + 1) * samples.length) / 10) - 1]
      return ((sample?.[process] ?? 0) / 2 ** 20).toFixed(0)
    })
    return `${process}: ${tenths.join(' ')} MiB, last quarter to second × ${grown[process].toFixed(3)}`
  })
}
