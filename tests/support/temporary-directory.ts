import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory {
  readonly path: string
  /** Path of something inside. */
  inside(...parts: string[]): string
  /** Removes it with all that is in it; removing twice is fine. */
  remove(): Promise<void>
}

/** Makes an empty folder of this test's own under the system's temporary directory. */
export async function makeTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'od-test-'))
  return {
    path,
    inside: (...parts) => join(path, ...parts),
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }),
  }
}
