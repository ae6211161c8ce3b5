/**
 * Reads a model from its registry: the read half of the OCI distribution protocol as Ollama uses it (ollama-api §4). Nothing that
 * the registry says is believed before it was looked at: sizes are bounded, and each redirect is checked.
 */
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { manifestLimits, manifestMediaType } from '../../wire/manifest.ts'
import { answerError, readBounded } from './answers.ts'
import { Conversation, type RegistryAccess, type RegistryOptions } from './conversation.ts'
import { type Answer, asUnreachable } from './transport.ts'

/** A piece of a blob. */
export interface BlobAnswer {
  /** True when all of the blob comes instead: the server does not know pieces. */
  readonly isWhole: boolean
  /** Fails with `OD_REGISTRY_UNREACHABLE` when the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** See the head of this file. One per transfer; `close` cuts its connections. */
export class RegistryClient {
  readonly #tag: string
  readonly #registry: Conversation
  /** Where the registry sent for a blob: asked there directly until that fails. */
  readonly #direct = new Map<Digest, URL>()

  /** Throws `OD_REGISTRY_INSECURE`. */
  constructor(access: RegistryAccess, options: RegistryOptions) {
    this.#tag = access.name.tag
    this.#registry = new Conversation(access, options)
  }

  /** The manifest's bytes as they came. Throws the errors of `OD_REGISTRY_*`, `OD_MANIFEST_INVALID`. */
  async manifest(signal: AbortSignal): Promise<Uint8Array> {
    const url = this.#registry.place(`manifests/${this.#tag}`)
    const headers = { Accept: manifestMediaType }
    const { answer, url: at } = await this.#registry.follow({ method: 'GET', url, headers, signal })
    if (answer.statusCode !== 200) throw await answerError(answer)
    return await readBounded(answer, manifestLimits.bytesMax).catch((error: unknown) => {
      if (error instanceof RangeError) {
        throw new OdError('OD_MANIFEST_INVALID', { reason: 'it is too large' })
      }
      signal.throwIfAborted()
      throw asUnreachable(error, 'GET', at)
    })
  }

  /**
   * Bytes `from` up to `end` (not with it) of a blob of `sizeBytes`. Throws the errors of `OD_REGISTRY_*`; those that say
   * `retryable` may pass.
   */
  async blob(
    { digest, sizeBytes }: { readonly digest: Digest; readonly sizeBytes: number },
    { from, end }: { readonly from: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<BlobAnswer> {
    const known = this.#direct.get(digest)
    const first = known ?? this.#registry.place(`blobs/${digest}`)
    const headers = { Range: `bytes=${from}-${end - 1}`, 'Accept-Encoding': 'identity' }
    const request = { method: 'GET', url: first, headers, signal } as const
    const { answer, url } = await this.#registry.follow(request)
    if (answer.statusCode !== 206 && answer.statusCode !== 200) {
      const error = await answerError(answer)
      if (known === undefined || error.retryable) throw error
      this.#direct.delete(digest) // a signed address is good for some minutes
      throw new OdError('OD_REGISTRY_BUSY', { status: answer.statusCode }, { cause: error })
    }
    if (!isAsked(answer, { from, end, sizeBytes })) {
      answer.body.destroy()
      throw new OdError('OD_REGISTRY_ANSWER', {
        reason: 'the registry sent other bytes than asked',
      })
    }
    if (!this.#registry.isOwn(url)) this.#direct.set(digest, url)
    return { isWhole: answer.statusCode === 200, chunks: namedFailures(answer.body, url, signal) }
  }

  async close(): Promise<void> {
    await this.#registry.close()
  }
}

/** False when an answer brings other bytes than were asked for. */
function isAsked(
  { headers, statusCode }: Answer,
  { from, end, sizeBytes }: { from: number; end: number; sizeBytes: number },
): boolean {
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return false
  const length = headers['content-length']
  const isOf = (bytes: number) => length === undefined || length === String(bytes)
  if (statusCode === 200) return isOf(sizeBytes)
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(String(headers['content-range'] ?? ''))
  const [, first, last, total] = range ?? []
  const isPlace = first === String(from) && last === String(end - 1)
  return isPlace && (total === '*' || total === String(sizeBytes)) && isOf(end - from)
}

async function* namedFailures(
  body: AsyncIterable<Uint8Array>,
  url: URL,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    signal.throwIfAborted()
    throw isOdError(error) ? error : asUnreachable(error, 'GET', url)
  }
}
