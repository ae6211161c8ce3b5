/**
 * Writes a model to its registry: the other half of the OCI distribution protocol, as Ollama uses it (ollama-api §4.3). A blob goes
 * there in an upload session, in parts one after the other; each answer says where the next one goes. A registry may send the
 * bytes of a part to another server.
 */
import type { Digest } from '../../core/digest.ts'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { manifestMediaType } from '../../wire/manifest.ts'
import { isListed } from './address-guard.ts'
import { answerError } from './answers.ts'
import { Conversation, type RegistryAccess, type RegistryOptions } from './conversation.ts'
import { registryLimits } from './limits.ts'
import { locationOf, uploadPlaceOf } from './redirect.ts'
import type { Answer, Outgoing } from './transport.ts'

const fileType = 'application/octet-stream'

/** Bytes `from` up to `end`, not with it, of a blob, and what makes a stream of them. */
export interface UploadPart {
  readonly from: number
  readonly end: number
  readonly body: () => AsyncIterable<Uint8Array>
}

/** What a registry has of an upload. */
export interface UploadState {
  readonly session: URL
  readonly bytes: number
}

/** See the head of this file. One per transfer; `close` cuts its connections. */
export class RegistryPushClient {
  readonly #tag: string
  readonly #insecure: boolean
  readonly #registry: Conversation

  /** Throws `OD_REGISTRY_PUSH` where this node may not push to that registry, `OD_REGISTRY_INSECURE`. */
  constructor(access: RegistryAccess, options: RegistryOptions) {
    const { host, tag } = access.name
    const { policy } = options
    if (!policy.trustsAsker && !isListed(host, policy)) {
      throw new OdError('OD_REGISTRY_PUSH', { host })
    }
    this.#tag = tag
    this.#insecure = access.insecure
    this.#registry = new Conversation(access, options)
  }

  /** True when the repository has the blob. Throws the errors of `OD_REGISTRY_*`, as all methods here. */
  async hasBlob(digest: Digest, signal: AbortSignal): Promise<boolean> {
    const url = this.#registry.place(`blobs/${digest}`)
    const { answer } = await this.#registry.follow({ method: 'HEAD', url, headers: {}, signal })
    if (answer.statusCode === 200) await answer.body.dump().catch(() => undefined)
    else if (answer.statusCode !== 404) throw await answerError(answer)
    return answer.statusCode === 200
  }

  /**
   * Begins an upload. `mountFrom`: a repository of the same registry that may have the blob. Gives 'mounted' when the registry took it
   * from there.
   */
  async begin(
    digest: Digest,
    mountFrom: string | undefined,
    signal: AbortSignal,
  ): Promise<URL | 'mounted'> {
    const url = this.#registry.place('blobs/uploads/')
    if (mountFrom !== undefined) {
      url.searchParams.set('mount', digest)
      url.searchParams.set('from', mountFrom)
    }
    const request = { method: 'POST', url, headers: {}, signal, body: empty } as const
    const { answer, url: at } = await this.#registry.follow(request)
    await this.#needStatus(answer, [201, 202])
    if (answer.statusCode === 201) return 'mounted'
    return this.#needSession(answer, at)
  }

  /** What the registry has of an upload; undefined when it does not know it any more. */
  async state(session: URL, signal: AbortSignal): Promise<UploadState | undefined> {
    const answer = await this.#registry.ask({ method: 'GET', url: session, headers: {}, signal })
    if (answer.statusCode !== 204) {
      const error = await answerError(answer)
      if (error.retryable) throw error
      return undefined
    }
    await answer.body.dump().catch(() => undefined)
    const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(String(answer.headers['range'] ?? ''))?.[1]
    if (last === undefined) return undefined
    const bytes = last === '0' ? 0 : Number(last) + 1 // `0-0` is said of none
    return { session: uploadPlaceOf(answer, session, this.#insecure) ?? session, bytes }
  }

  /** Sends a part; gives the session for the next one. */
  async sendPart(session: URL, part: UploadPart, signal: AbortSignal): Promise<URL> {
    const headers = {
      ...partHeaders(part),
      'Content-Range': `${part.from}-${part.end - 1}`,
      'X-Redirect-Uploads': '1',
    }
    const request = { method: 'PATCH', url: session, headers, signal } as const
    const answer = await this.#send({ ...request, body: part.body })
    if (answer.statusCode === 307) {
      const bytesTo = locationOf(answer, session, this.#insecure)
      const next = await this.#needSession(answer, session)
      if (bytesTo !== undefined) await this.#sendElsewhere(bytesTo, part, signal)
      return next
    }
    await this.#needStatus(answer, [200, 201, 202, 204])
    return this.#needSession(answer, session)
  }

  /** Ends an upload. `etag`: MD5 of the MD5s of all parts and their number, as stores behind registries count. */
  async commit(
    session: URL,
    digest: Digest,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const url = new URL(session)
    url.searchParams.append('digest', digest)
    if (etag !== undefined) url.searchParams.append('etag', etag)
    const headers = { 'Content-Type': fileType, 'Content-Length': '0' }
    const answer = await this.#send({ method: 'PUT', url, headers, signal, body: empty })
    await this.#needStatus(answer, [201, 202, 204])
  }

  /** Makes the model known under its tag. */
  async putManifest(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const url = this.#registry.place(`manifests/${this.#tag}`)
    const headers = { 'Content-Type': manifestMediaType }
    const answer = await this.#send({ method: 'PUT', url, headers, signal, body: () => bytes })
    await this.#needStatus(answer, [200, 201, 202])
  }

  async close(): Promise<void> {
    await this.#registry.close()
  }

  /** To where the registry sent the bytes: without what authorises at the registry. */
  async #sendElsewhere(url: URL, part: UploadPart, signal: AbortSignal): Promise<void> {
    const headers = partHeaders(part)
    const answer = await this.#send({ method: 'PUT', url, headers, signal, body: part.body })
    await this.#needStatus(answer, [200, 201, 204])
  }

  #send(request: Outgoing): Promise<Answer> {
    return this.#registry.ask({ ...request, answerMs: registryLimits.commitMs })
  }

  async #needStatus(answer: Answer, statuses: readonly number[]): Promise<void> {
    if (!statuses.includes(answer.statusCode)) throw await uploadError(answer)
    await answer.body.dump().catch(() => undefined)
  }

  async #needSession(answer: Answer, from: URL): Promise<URL> {
    const place = uploadPlaceOf(answer, from, this.#insecure)
    await answer.body.dump().catch(() => undefined)
    if (place !== undefined) return place
    throw new OdError('OD_REGISTRY_ANSWER', {
      reason: 'the registry does not say where the upload goes on',
    })
  }
}

function empty(): Uint8Array {
  return new Uint8Array(0)
}

function partHeaders({ from, end }: UploadPart): Readonly<Record<string, string>> {
  return { 'Content-Type': fileType, 'Content-Length': String(end - from) }
}

/** An upload that the registry has forgotten, or of which it has other bytes than thought, can be begun anew. */
async function uploadError(answer: Answer): Promise<OdError> {
  const error = await answerError(answer)
  const { statusCode: status } = answer
  const isLost = status === 404 || status === 416
  if (!isLost || !isOdError(error)) return error
  return new OdError('OD_REGISTRY_BUSY', { status }, { cause: error })
}
