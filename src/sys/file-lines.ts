/** The end of a text file that grows, such as a log. */
import { open, stat } from 'node:fs/promises'
import type { Clock } from './clock.ts'
import { isErrno } from './files.ts'

/** Of a longer file only this much of the end is looked at; lines of logs are short. */
const tailBytesMax = 4 * 1024 * 1024

/** Between two looks whether it has grown: soon enough for a person who watches. */
const lookMs = 250

/** One look reads no more; the next goes on. */
const readBytesMax = 1024 * 1024

/** The newest lines, oldest first; none when there is no such file. A last line without its line feed counts. */
export async function tailLines(path: string, linesMax: number): Promise<string[]> {
  const sizeBytes = (await factsIfThere(path))?.size ?? 0
  const from = Math.max(0, sizeBytes - tailBytesMax)
  const text = (await readFrom(path, from, sizeBytes - from)).toString('utf8')
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  if (from > 0) lines.shift() // most likely a part of one
  return lines.slice(-linesMax)
}

/**
 * Calls `onLine` for every line that is added from now on, also when the file is made later or turned over. Returns what
 * ends it. A line is told once it has its line feed.
 */
export function followLines(
  path: string,
  clock: Clock,
  onLine: (line: string) => void,
): () => void {
  let isOver = false
  let cancel = (): void => {}
  let place: { readonly inode: number; readonly offset: number } | undefined
  let kept = Buffer.alloc(0)

  async function look(): Promise<void> {
    const facts = await factsIfThere(path)
    if (facts !== undefined) {
      const isSame = place?.inode === facts.ino && place.offset <= facts.size
      const offset = isSame ? (place?.offset ?? 0) : 0
      if (!isSame) kept = Buffer.alloc(0)
      const added = await readFrom(path, offset, Math.min(facts.size - offset, readBytesMax))
      place = { inode: facts.ino, offset: offset + added.length }
      tell(added)
    }
    if (!isOver) cancel = clock.after(lookMs, () => void look().catch(giveUp))
  }
  function tell(added: Buffer): void {
    const text = Buffer.concat([kept, added])
    const end = text.lastIndexOf(0x0a)
    kept = text.subarray(end + 1)
    if (end < 0 || isOver) return
    for (const line of text.toString('utf8', 0, end).split('\n')) onLine(line)
  }
  /** A file that cannot be read says nothing. */
  function giveUp(): void {
    isOver = true
  }
  const begin = async () => {
    const facts = await factsIfThere(path)
    if (facts !== undefined) place = { inode: facts.ino, offset: facts.size }
    await look()
  }
  void begin().catch(giveUp)
  return () => {
    isOver = true
    cancel()
  }
}

async function factsIfThere(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Fewer bytes where the file ends sooner or has gone. */
async function readFrom(path: string, offset: number, length: number): Promise<Buffer> {
  if (length <= 0) return Buffer.alloc(0)
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  })
  if (file === undefined) return Buffer.alloc(0)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
