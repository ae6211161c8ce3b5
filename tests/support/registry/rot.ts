/** What a failing disk does to a file. */
import { open } from 'node:fs/promises'
import type { Random } from '../../../src/sys/random.ts'

/** Turns one bit over, somewhere; the file's times say nothing of it. */
export async function flipBit(path: string, random: Random): Promise<void> {
  const file = await open(path, 'r+')
  const { size, mtime } = await file.stat()
  const at = Math.floor(random.number() * size)
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
  buffer[0] = (buffer[0] ?? 0) ^ (1 << Math.floor(random.number() * 8))
  await file.write(buffer, 0, 1, at)
  await file.utimes(mtime, mtime)
  await file.close()
}
