import type { EngineLog } from '../admin/index.ts'
import type { Clock } from '../sys/clock.ts'
import { followLines, tailLines } from '../sys/file-lines.ts'

/** The log of an engine whose output goes to that file; what was written before it was turned over is in `<path>.1`. */
export function logOfFile(path: string, clock: Clock): EngineLog {
  return {
    async tail(linesMax) {
      const newest = await tailLines(path, linesMax)
      const missing = linesMax - newest.length
      return missing === 0 ? newest : [...(await tailLines(`${path}.1`, missing)), ...newest]
    },
    follow: (onLine) => followLines(path, clock, onLine),
  }
}
