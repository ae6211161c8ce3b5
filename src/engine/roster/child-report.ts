import type { ChildView } from '../child/index.ts'
import type { EngineReport } from './machine.ts'

/** What the state of its child process says about an engine. */
export function reportOfChild(engine: string, child: ChildView): EngineReport {
  const { state, reason, url, pid, startedMs } = child
  if (state === 'starting') return { type: 'engine.starting', engine, reason }
  if (state !== 'running') return { type: 'engine.exited', engine, state, reason }
  if (url === undefined) throw new Error('a child that runs has told its address')
  const process = pid === undefined || startedMs === undefined ? undefined : { pid, startedMs }
  return { type: 'engine.ready', engine, url, ...(process && { process }) }
}
