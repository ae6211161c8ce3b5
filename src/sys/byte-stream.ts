/** Bytes for those who take streams of Node alone. */
import { Readable } from 'node:stream'

/** A stream of these chunks; they are not read before it is. */
export function byteStream(chunks: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(chunks, { objectMode: false })
}
