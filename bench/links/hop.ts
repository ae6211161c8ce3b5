import { loadIdentity } from '../../src/cluster/identity/index.ts'
import { makeTemporaryDirectory } from '../../tests/support/temporary-directory.ts'
import { type Listening, type Load, startListening } from '../gateway/processes.ts'
import type { Arm } from '../gateway/rounds.ts'

/** Ended with the benchmark, the newest first. */
export type Keep = <One extends { stop(): Promise<void> }>(one: One) => One

/** What the benchmarks of this folder share. */
export interface Bench {
  readonly load: Load
  readonly keep: Keep
}

/** Starts two ends in front of the engine, processes of their own, and between them our link or the least that mutual TLS can be. */
export async function startHop(
  kind: 'link' | 'bare',
  engine: Listening,
  keep: Keep,
): Promise<Arm & { readonly pid: readonly number[] }> {
  const makeEnd = async () => {
    const directory = await makeTemporaryDirectory()
    keep({ stop: () => directory.remove() })
    return { dataDir: directory.path, peer: (await loadIdentity(directory.path)).peer }
  }
  const [near, far] = [await makeEnd(), await makeEnd()]
  const origin = `http://127.0.0.1:${engine.port}`
  const farArgs = [kind, far.dataDir, near.peer, origin]
  const farEnd = keep(await startListening('links/far-end', farArgs))
  const nearArgs = [kind, near.dataDir, far.peer, String(farEnd.port)]
  const nearEnd = keep(await startListening('links/near-end', nearArgs))
  return { port: nearEnd.port, pid: [nearEnd.pid, farEnd.pid] }
}
