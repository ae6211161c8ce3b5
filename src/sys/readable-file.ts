/** A file that is read in ranges and streamed. */
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** Bytes of a file that are in memory at once for one reader. */
const pieceBytes = 256 * 1024

/** An open file. It can be read after its name is gone. */
export interface ReadableFile {
  readonly sizeBytes: number
  /** The bytes from `first` to `last`, both included. The file is closed when the stream ends or is destroyed. */
  stream(first: number, last: number): Readable
  close(): Promise<void>
}

/** Throws the system's error. */
export async function openReadable(path: string): Promise<ReadableFile> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return {
      sizeBytes: size,
      stream: (start, end) => file.createReadStream({ start, end, highWaterMark: pieceBytes }),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}
