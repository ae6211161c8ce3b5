import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Contents of a text file, or undefined when there is none. Other failures (no permission, a folder) are thrown. */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
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
  const temporaryDir = options.temporaryDir ?? dirname(path)
  for (const folder of new Set([dirname(path), temporaryDir])) {
    await mkdir(folder, { recursive: true })
  }
  const temporary = join(temporaryDir, `.tmp-${randomBytes(6).toString('hex')}`)
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
export async function syncDirectory(path: string): Promise<void> {
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

/** Deletes a file; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
}

/** Names of what lies in a folder; throws when it cannot be read. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder)
}

/** Size and age of a file. */
export interface FileFacts {
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
}

/** Facts of a file; throws the system's error when it is not there. */
export async function factsOf(path: string): Promise<FileFacts> {
  const { size, mtimeMs } = await stat(path)
  return { sizeBytes: size, modifiedMs: mtimeMs }
}

/** What lies at a path; undefined when nothing does. Throws the system's error when that cannot be told. */
export async function kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const facts = await stat(path)
    if (facts.isDirectory()) return 'folder'
    return facts.isFile() ? 'file' : 'other'
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
    throw error
  }
}

/** A file found below a folder. */
export interface FoundFile {
  readonly path: string
  /** Names of the folders on the way and of the file itself. */
  readonly segments: readonly string[]
}

/** What lies below a folder. */
export interface FoundFiles {
  /** In the order of their names. */
  readonly files: readonly FoundFile[]
  /** False when there may be more: a folder that cannot be read, or too many. */
  readonly areAll: boolean
}

/** The files exactly `depth` levels below a folder, at most `countMax`; none when it is absent. */
export async function filesBelow(
  folder: string,
  bounds: { depth: number; countMax: number },
): Promise<FoundFiles> {
  const found: FoundFile[] = []
  let areAll = true
  async function walk(path: string, segments: readonly string[]): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (!isErrno(error, 'ENOENT')) areAll = false
      return []
    })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= bounds.countMax) {
        areAll = false
        return
      }
      const next = [...segments, entry.name]
      const nextPath = join(path, entry.name)
      if (next.length < bounds.depth) {
        if (entry.isDirectory()) await walk(nextPath, next)
      } else if (!entry.isDirectory()) found.push({ path: nextPath, segments: next })
    }
  }
  await walk(folder, [])
  return { files: found, areAll }
}

/** A file's bytes; throws `RangeError` when it is larger than `bytesMax`, the system's error when it cannot be read. */
export async function readBytes(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size > bytesMax) throw new RangeError(`${size} bytes are more than ${bytesMax}`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

/** Makes a folder with its parents. Returns why it cannot be used, in words for its user, or undefined when it can. */
export async function ensureDirectory(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, { recursive: true, mode: 0o755 })
    await access(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    const { code, path: where } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      return `no right to write in ${await ownerOf(where ?? path)}`
    if (code === 'ENOTDIR' || code === 'EEXIST') return `${where ?? path} is not a folder`
    if (code === 'EROFS') return 'the file system is read-only'
    return code ?? 'unknown reason'
  }
}

/** `/data, which belongs to user 0 and has mode 755`; where there is nothing to be seen, the nearest folder above it. */
export async function ownerOf(path: string): Promise<string> {
  const facts = await stat(path).catch(() => undefined)
  if (facts === undefined) return dirname(path) === path ? path : ownerOf(dirname(path))
  const mode = (facts.mode & 0o777).toString(8)
  return `${path}, which belongs to user ${facts.uid} and has mode ${mode}`
}

/**
 * Opens a file for reads at any place while `action` runs. A read returns fewer bytes than asked for only at the end of the
 * file. Throws the system's error when the file cannot be opened.
 */
export function withFileReader<Result>(
  path: string,
  action: (read: (offset: number, length: number) => Uint8Array, sizeBytes: number) => Result,
): Result {
  const file = openSync(path, 'r')
  try {
    const read = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length)
      let got = 0
      for (let step = -1; got < length && step !== 0; got += step) {
        step = readSync(file, bytes, got, length - got, offset + got)
      }
      return bytes.subarray(0, got)
    }
    return action(read, fstatSync(file).size)
  } finally {
    closeSync(file)
  }
}

/** A path in the system's place for temporary files; nothing is made. */
export function temporaryPath(name: string): string {
  return join(tmpdir(), name)
}

/** A new folder in the system's place for temporary ones, for this user alone. */
export async function makeTemporaryFolder(prefix: string): Promise<string> {
  return await mkdtemp(join(tmpdir(), prefix))
}

/** Deletes a folder with all that is in it; one that is not there is fine. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
