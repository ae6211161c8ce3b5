import type { Snapshot } from './node-status.ts'
import type { AdminSources } from './ports.ts'

/** Reports show lists of engines of up to this age, so that a polling page does not multiply. */
const listAgeMs = 250

/** What is known now, without asking anybody. */
export function snapshotNow({ clock, node, engines }: AdminSources): Snapshot {
  return { atMs: clock.wallMs(), node: node(), engines: engines() }
}

/** What is known after the engines were asked for their lists. */
export async function freshSnapshot(sources: AdminSources): Promise<Snapshot> {
  await sources.refresh(listAgeMs)
  return snapshotNow(sources)
}
