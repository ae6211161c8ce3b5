/** Files for bytes that are needed for a while and by this process alone. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'

/** Bytes that can be added at the end and read anywhere. Every method throws the system's error. */
export interface SpoolFile {
  append(chunks: readonly Uint8Array[]): Promise<void>
  /** Bytes from `offset` on, at most `length`; fewer only where they end. */
  read(offset: number, length: number): Promise<Buffer>
  /** Waits for what is going on; the bytes are gone then. */
  close(): Promise<void>
}

/** Makes a folder that nobody but this user can look into. Throws the system's error. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

/**
 * Makes a file for this user alone. Its name is taken off at once, so that nothing is left whatever becomes of this process;
 * where an open file keeps its name (Windows), closing takes it off. Throws the system's error.
 */
export async function openSpoolFile(path: string): Promise<SpoolFile> {
  const handle = await open(path, 'wx+', 0o600)
  const isNameless = await rm(path).then(
    () => true,
    () => false,
  )
  let sizeBytes = 0
  return {
    async append(chunks) {
      for (let rest = chunks; rest.length > 0; ) {
        const { bytesWritten } = await handle.writev(rest, sizeBytes)
        sizeBytes += bytesWritten
        rest = behind(rest, bytesWritten)
      }
    },
    read: (offset, length) => readAt(handle, offset, length),
    async close() {
      await handle.close()
      if (!isNameless) await rm(path, { force: true })
    },
  }
}

/** What is left of chunks behind so many bytes; a disk that fills up takes a part of them. */
function behind(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let leftBytes = bytes
  return chunks.flatMap((chunk) => {
    const skippedBytes = Math.min(leftBytes, chunk.length)
    leftBytes -= skippedBytes
    return skippedBytes === chunk.length ? [] : [chunk.subarray(skippedBytes)]
  })
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length)
  let got = 0
  for (let step = -1; got < length && step !== 0; got += step) {
    step = (await handle.read(bytes, got, length - got, offset + got)).bytesRead
  }
  return bytes.subarray(0, got)
}
