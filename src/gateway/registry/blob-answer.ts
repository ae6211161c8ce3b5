import type { Digest } from '../../core/digest.ts'
import { readByteRange } from '../../wire/http/byte-range.ts'
import { beginAnswer, requestIdHeader } from '../answer.ts'
import type { GatewayContext } from '../context.ts'
import { type Exchange, whenClientLeaves } from '../exchange.ts'
import type { OpenBlob } from '../ports.ts'

/**
 * Sends a blob, or the range of it that is asked for, at the client's pace. False when this node has no such blob.
 * `Location` names the same address: Ollama looks for it on an answer of 200 and fetches its ranges there (ollama-api §4.1).
 */
export async function sendBlob(
  exchange: Exchange,
  digest: Digest,
  context: GatewayContext,
): Promise<boolean> {
  const { request, response } = exchange
  const blob = await context.ownModels.openBlob(digest)
  if (blob === undefined) return false
  const { sizeBytes } = blob
  const range = readByteRange(request.headers.range, sizeBytes)
  const isWrong = range === 'unsatisfiable'
  const { first, last } = isWrong || range === undefined ? wholeOf(blob) : range
  const length = isWrong ? 0 : last - first + 1
  const size = ['Content-Type', 'application/octet-stream', 'Content-Length', String(length)]
  const identity = ['Docker-Content-Digest', digest, 'ETag', `"${digest}"`]
  const common = [...size, 'Accept-Ranges', 'bytes', ...identity, requestIdHeader, exchange.id]
  const where = isWrong ? `bytes */${sizeBytes}` : `bytes ${first}-${last}/${sizeBytes}`
  if (range === undefined) beginAnswer(exchange, 200, [...common, 'Location', request.url ?? ''])
  else beginAnswer(exchange, isWrong ? 416 : 206, [...common, 'Content-Range', where])
  if (request.method === 'HEAD' || length === 0 || response.destroyed) {
    response.end()
    await blob.close()
  } else pour(exchange, blob.stream(first, last), context)
  return true
}

function wholeOf({ sizeBytes }: OpenBlob) {
  return { first: 0, last: sizeBytes - 1 }
}

/** A client that takes nothing for too long is cut off, as with any other answer. */
function pour(
  exchange: Exchange,
  bytes: ReturnType<OpenBlob['stream']>,
  { clock, limits }: GatewayContext,
): void {
  const { response } = exchange
  let cancelStall = () => {}
  const forget = whenClientLeaves(exchange, () => bytes.destroy())
  bytes.on('data', (chunk: Buffer) => {
    exchange.bodyBytes += chunk.length
    if (response.write(chunk)) return
    bytes.pause()
    cancelStall = clock.after(limits.stalledReaderMs, () => response.destroy())
    response.once('drain', () => {
      cancelStall()
      bytes.resume()
    })
  })
  bytes.once('end', () => response.end())
  bytes.once('error', () => response.destroy()) // only a broken connection says that the file is cut
  bytes.once('close', () => {
    cancelStall()
    forget()
  })
}
