/** Reads answers of registries that are no blobs. */
import { OdError } from '../../core/errors/index.ts'
import { registryLimits } from './limits.ts'
import type { Answer } from './transport.ts'

/** Of an error's text so much is passed on. */
const shownCharactersMax = 300

/** All bytes of an answer. Throws `RangeError` when there are more than `bytesMax`, and cuts the connection. */
export async function readBounded(answer: Answer, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new RangeError(`more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** What an answer that is no success means. Never rejects. */
export async function answerError(answer: Answer): Promise<OdError> {
  const { statusCode: status } = answer
  const bytes = await readBounded(answer, registryLimits.answerBytesMax).catch(() => undefined)
  if (status === 401) return new OdError('OD_REGISTRY_UNAUTHORIZED')
  if (status === 404) return new OdError('OD_REGISTRY_ABSENT')
  if (status === 408 || status === 429 || status >= 500) {
    const wait = /^\d{1,6}$/.exec(String(answer.headers['retry-after'] ?? ''))?.[0]
    return new OdError('OD_REGISTRY_BUSY', {
      status,
      ...(wait === undefined ? {} : { retryAfterS: Number(wait) }),
    })
  }
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes)
  return new OdError('OD_REGISTRY_ANSWER', {
    reason: `${status}: ${text.slice(0, shownCharactersMax)}`,
  })
}
