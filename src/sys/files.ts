import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Contents of a text file, or undefined when there is none. Other failures (no permission, a folder) are thrown. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Replaces a file as a whole: a reader sees the old contents or the new ones, and after a crash at any moment one of
 * both is there. Missing folders are made. The temporary file lies in `temporaryDir`, or beside the target.
 */
export async function writeWhole(
  path: string,
  data: string | Uint8Array,
  options: { mode?: number; temporaryDir?: string } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = join(
    options.temporaryDir ?? dirname(path),
    `.tmp-${randomBytes(6).toString('hex')}`,
  )
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o644)
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Makes a rename inside the folder survive a power cut; Windows has no such call and needs none. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** True when `error` is a system error with that code, such as `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
