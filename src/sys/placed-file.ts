/** Files that are written in any order, over several lives of a process. */
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Every method throws the system's error. */
export interface PlacedFile {
  readonly sizeBytes: number
  /** Writes all of `bytes` at `offset`. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  /** Bytes from `offset` on into `target`; how many, fewer only at the end of the file. */
  readInto(target: Uint8Array, offset: number): Promise<number>
  /** What was written survives a power cut afterwards. */
  sync(): Promise<void>
  truncate(sizeBytes: number): Promise<void>
  close(): Promise<void>
}

/** Opens a file, or makes an empty one with its folders. Throws the system's error. */
export async function openPlacedFile(path: string): Promise<PlacedFile> {
  await mkdir(dirname(path), { recursive: true })
  const handle = await openOrMake(path)
  const { size } = await handle.stat()
  return {
    sizeBytes: size,
    async write(offset, bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    },
    async readInto(target, offset) {
      let got = 0
      for (let step = -1; got < target.length && step !== 0; got += step) {
        step = (await handle.read(target, got, target.length - got, offset + got)).bytesRead
      }
      return got
    },
    sync: () => handle.datasync(),
    truncate: (bytes) => handle.truncate(bytes),
    close: () => handle.close(),
  }
}

async function openOrMake(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return await open(path, 'wx+', 0o644)
  }
}
