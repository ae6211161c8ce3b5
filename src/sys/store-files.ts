/** File work of a store of large files: streams to disk, moves into place, room on the disk. */
import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import {
  access,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  utimes,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from './files.ts'

/**
 * Writes chunks to a new file, one after the other, and makes them survive a power cut. `onChunk` sees each chunk before it is
 * written. When anything fails, `onChunk` and the source included, the file is removed and the failure thrown.
 */
export async function writeStream(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'wx', 0o644)
  try {
    for await (const chunk of chunks) {
      await onChunk(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
  await file.close()
}

/** Renames a finished file to its final name, replacing what is there, so that the new name survives a power cut. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/** Has a file look as if it had been written now. */
export async function markChanged(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now)
}

/** Removes a file; no error when it is not there. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
}

/** Removes a folder and its parents as long as they are empty, up to `root`, which stays. */
export async function removeEmptyFolders(folder: string, root: string): Promise<void> {
  let current = folder
  while (current !== root && current.startsWith(root)) {
    try {
      await rmdir(current)
    } catch {
      return // it holds something, or is gone already
    }
    current = dirname(current)
  }
}

/** True when there is a file of that name. Throws the system's error when that cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** Throws the system's error unless there is a file of that name that this user may read. */
export async function needReadable(path: string): Promise<void> {
  await access(path, constants.R_OK)
}

/** True when there is a file of that name, for callers that must not wait. */
export function isThereNow(path: string): boolean {
  return existsSync(path)
}

/** Names of the files in a folder; none when it is absent. */
export async function fileNamesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}

/** What a file takes of the disk; 0 when it is not there. */
export async function allocatedBytes(path: string): Promise<number> {
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) return 0
  return process.platform === 'win32' ? facts.size : facts.blocks * 512
}

/** The disk of this machine. */
export const systemDisk = {
  /** Bytes that this user may still write below a folder, which is made when it is absent. */
  async freeBytes(folder: string): Promise<number> {
    await mkdir(folder, { recursive: true })
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  },
  /** What the files in a folder take of the disk; holes in them take nothing. */
  async usedBytes(folder: string): Promise<number> {
    const names = await fileNamesIn(folder)
    const sizes = await Promise.all(names.map((name) => allocatedBytes(join(folder, name))))
    return sizes.reduce((sum, bytes) => sum + bytes, 0)
  },
  /** Text for the name of a file that nobody else has. */
  uniqueText: (): string => randomBytes(8).toString('hex'),
}
