/**
 * Loaded before the product into each of its processes: how late its event loop comes to what is due. On SIGUSR2 what was seen since the
 * last one is written to a file that is named after the process, in the folder that OD_BENCH_LOOPS says.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const folder = process.env['OD_BENCH_LOOPS']
if (folder !== undefined) {
  const resolutionMs = 1
  const seen = monitorEventLoopDelay({ resolution: resolutionMs })
  seen.enable()
  process.on('SIGUSR2', () => {
    const ms = (nanoseconds: number) => nanoseconds / 1e6 - resolutionMs
    const path = join(folder, String(process.pid))
    const figures = {
      p50: ms(seen.percentile(50)),
      p99: ms(seen.percentile(99)),
      max: ms(seen.max),
    }
    writeFileSync(`${path}.new`, JSON.stringify(figures))
    renameSync(`${path}.new`, path)
    seen.reset()
  })
}
