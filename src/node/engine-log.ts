import type { EngineLog } from '../admin/index.ts'
import type { Clock } from '../sys/clock.ts'
import { followLines, tailLines } from '../sys/file-lines.ts'

/** The log of an engine whose output goes to that file. */
export function logOfFile(path: string, clock: Clock): EngineLog {
  return {
    tail: (linesMax) => tailLines(path, linesMax),
    follow: (onLine) => followLines(path, clock, onLine),
  }
}
