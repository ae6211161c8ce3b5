/** The file of the last copy: replaced as a whole, so that after a kill the old one or the new one is there. */
import { z } from 'zod'
import { readTextIfThere, writeWhole } from '../sys/files.ts'
import type { Log } from '../sys/log.ts'
import type { Entry, Position } from './port.ts'

export interface CopyFile {
  readonly at: Position
  /** When the store last said that this is how it is: milliseconds since 1970. */
  readonly seenAtMs: number
  readonly entries: readonly Entry[]
}

const file = z.object({
  form: z.literal(1),
  at: z.object({ epoch: z.string(), revision: z.number() }),
  seenAtMs: z.number(),
  entries: z.array(
    z.object({
      key: z.string(),
      value: z.string(),
      created: z.number(),
      revision: z.number(),
      lease: z.string().exactOptional(),
    }),
  ),
})

/** Undefined when there is none, or none that can be understood. Never rejects. */
export async function readCopy(path: string, log: Log): Promise<CopyFile | undefined> {
  try {
    const text = await readTextIfThere(path)
    return text === undefined ? undefined : file.parse(JSON.parse(text))
  } catch (error) {
    log.error({ path, err: error }, 'state.copy-unreadable')
    return undefined
  }
}

/** False when it was not written; the log says why. */
export async function writeCopy(
  path: string,
  copy: CopyFile,
  bytesMax: number,
  log: Log,
): Promise<boolean> {
  const text = JSON.stringify({ form: 1, ...copy })
  const bytes = Buffer.byteLength(text)
  if (bytes > bytesMax) {
    log.error({ path, bytes, bytesMax }, 'state.copy-too-large')
    return false
  }
  try {
    await writeWhole(path, text, { mode: 0o600 }) // hashes of tokens are in it
    return true
  } catch (error) {
    log.error({ path, err: error }, 'state.copy-not-written')
    return false
  }
}
