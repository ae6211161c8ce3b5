/**
 * Reads a model from its registry: the read half of the OCI distribution protocol as Ollama uses it (ollama-api §4). Nothing that
 * the registry says is believed before it was looked at: sizes are bounded, each redirect is checked, and what authorises
 * goes to the registry's own address only.
 */
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { ModelName } from '../../core/model-name.ts'
import { manifestLimits } from '../../wire/manifest.ts'
import { isListed, type RegistryPolicy } from './address-guard.ts'
import { answerError, readBounded } from './answers.ts'
import { Authorizer, type Credentials } from './authorizer.ts'
import { registryLimits } from './limits.ts'
import { locationOf } from './redirect.ts'
import type { Signer } from './signing-key.ts'
import { type Answer, asUnreachable, Transport } from './transport.ts'

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'

/** What registries are asked with. */
export interface RegistryOptions {
  readonly policy: RegistryPolicy
  readonly sign: Signer
  /** Registries look at it for the least version that a model needs. */
  readonly userAgent: string
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
}

/** A model at its registry, and how it is asked for. */
export interface RegistryAccess {
  readonly name: ModelName
  /** Over plain HTTP. */
  readonly insecure: boolean
  readonly credentials?: Credentials | undefined
}

/** A piece of a blob. */
export interface BlobAnswer {
  /** True when all of the blob comes instead: the server does not know pieces. */
  readonly isWhole: boolean
  /** Fails with `OD_REGISTRY_UNREACHABLE` when the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** See the head of this file. One per transfer; `close` cuts its connections. */
export class RegistryClient {
  readonly #access: RegistryAccess
  readonly #base: URL
  readonly #transport: Transport
  readonly #authorizer: Authorizer
  readonly #userAgent: string
  /** Where the registry sent for a blob: asked there directly until that fails. */
  readonly #direct = new Map<Digest, URL>()

  /** Throws `OD_REGISTRY_INSECURE`. */
  constructor(access: RegistryAccess, options: RegistryOptions) {
    const { name, insecure } = access
    const { policy } = options
    if (insecure && !policy.trustsAsker && !isListed(name.host, policy)) {
      throw new OdError('OD_REGISTRY_INSECURE', { host: name.host })
    }
    const base = URL.parse(`${insecure ? 'http' : 'https'}://${name.host}/v2/`)
    if (base === null) throw new OdError('OD_MODEL_NAME_INVALID')
    this.#access = access
    this.#base = base
    this.#userAgent = options.userAgent
    this.#transport = new Transport(policy, registryLimits.connectionsMax)
    this.#authorizer = new Authorizer(base, access.credentials, this.#transport, options)
  }

  /** The manifest's bytes as they came. Throws the errors of `OD_REGISTRY_*`, `OD_MANIFEST_INVALID`. */
  async manifest(signal: AbortSignal): Promise<Uint8Array> {
    const { namespace, model, tag } = this.#access.name
    const url = new URL(`${namespace}/${model}/manifests/${tag}`, this.#base)
    const { answer, url: at } = await this.#follow(url, { Accept: manifestType }, signal)
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
    const { namespace, model } = this.#access.name
    const known = this.#direct.get(digest)
    const first = known ?? new URL(`${namespace}/${model}/blobs/${digest}`, this.#base)
    const headers = { Range: `bytes=${from}-${end - 1}`, 'Accept-Encoding': 'identity' }
    const { answer, url } = await this.#follow(first, headers, signal)
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
    if (url.origin !== this.#base.origin) this.#direct.set(digest, url)
    return { isWhole: answer.statusCode === 200, chunks: namedFailures(answer.body, url, signal) }
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }

  /** Asks, answers a challenge, and goes where it is sent. */
  async #follow(
    first: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ answer: Answer; url: URL }> {
    let url = first
    for (let hops = 0; ; hops++) {
      const answer = await this.#ask(url, headers, signal)
      const next = locationOf(answer, url, this.#access.insecure)
      if (next === undefined) return { answer, url }
      await answer.body.dump().catch(() => undefined)
      if (hops === registryLimits.redirectsMax) {
        throw new OdError('OD_REGISTRY_REDIRECT', { host: first.host, reason: 'too often' })
      }
      url = next
    }
  }

  async #ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const send = () => {
      const common = { ...headers, 'User-Agent': this.#userAgent }
      const all = { ...common, ...this.#authorizer.headersFor(url) }
      return this.#transport.ask({ method: 'GET', url, headers: all, signal })
    }
    const answer = await send()
    if (answer.statusCode !== 401 || url.origin !== this.#base.origin) return answer
    await answer.body.dump().catch(() => undefined)
    await this.#authorizer.answer(String(answer.headers['www-authenticate'] ?? ''), signal)
    const second = await send()
    if (second.statusCode !== 401) return second
    await second.body.dump().catch(() => undefined)
    throw new OdError('OD_REGISTRY_UNAUTHORIZED')
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
