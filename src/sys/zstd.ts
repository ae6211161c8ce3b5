import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

const decompress = promisify(zstdDecompress)

/** The bytes out of a zstd frame. Rejects with the system's error for what is no such frame, or beyond `bytesMax`. */
export function unpackZstd(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  return decompress(bytes, { maxOutputLength: bytesMax })
}
