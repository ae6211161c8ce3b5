/**
 * Requests to one registry: challenges are answered, redirects checked and followed. What authorises goes to the registry's own
 * address only. One per transfer; `close` cuts its connections.
 */
import { OdError } from '../../core/errors/index.ts'
import type { ModelName } from '../../core/model-name.ts'
import { type AccountBook, accountFor } from './accounts.ts'
import { isListed } from './address-guard.ts'
import { Authorizer, type Credentials } from './authorizer.ts'
import { registryLimits } from './limits.ts'
import type { Mirror } from './mirrored.ts'
import { locationOf } from './redirect.ts'
import type { Signer } from './signing-key.ts'
import { type Answer, type Outgoing, Transport, type TransportOptions } from './transport.ts'

/** What registries are asked with. */
export interface RegistryOptions extends TransportOptions {
  /** By registry, in lower case. */
  readonly mirrors: ReadonlyMap<string, readonly Mirror[]>
  /** Accounts of the node itself. */
  readonly accounts: AccountBook
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
  /** What whoever asks has there; the node's own account counts where it is absent. */
  readonly credentials?: Credentials | undefined
  /** True where the node asks by itself, and nobody else has a say in what is asked for. */
  readonly isOwnWish?: boolean | undefined
}

/** See the head of this file. */
export class Conversation {
  readonly #base: URL
  readonly #insecure: boolean
  readonly #transport: Transport
  readonly #authorizer: Authorizer
  readonly #userAgent: string
  /** What stands before `blobs/…` and `manifests/…` in the registry's addresses. */
  readonly #repository: string

  /** Throws `OD_REGISTRY_INSECURE`. */
  constructor(access: RegistryAccess, options: RegistryOptions) {
    const { name, insecure } = access
    const { policy } = options
    if (insecure && !policy.trustsAsker && !isListed(name.host, policy)) {
      throw new OdError('OD_REGISTRY_INSECURE', { host: name.host })
    }
    const base = URL.parse(`${insecure ? 'http' : 'https'}://${name.host}/v2/`)
    if (base === null) throw new OdError('OD_MODEL_NAME_INVALID')
    this.#base = base
    this.#insecure = insecure
    this.#repository = `${name.namespace}/${name.model}`
    this.#userAgent = options.userAgent
    this.#transport = new Transport(options, registryLimits.connectionsMax)
    this.#authorizer = new Authorizer(
      base,
      () => accountFor(access, options),
      this.#transport,
      options,
    )
  }

  /** The address of a part of the model's repository, for example `manifests/latest`. */
  place(path: string): URL {
    return new URL(`${this.#repository}/${path}`, this.#base)
  }

  /** True for an address of the registry itself. */
  isOwn(url: URL): boolean {
    return url.origin === this.#base.origin
  }

  /** Asks and goes where it is sent. Throws as `ask`, `OD_REGISTRY_REDIRECT`. */
  async follow(request: Outgoing): Promise<{ answer: Answer; url: URL }> {
    let { url } = request
    for (let hops = 0; ; hops++) {
      const answer = await this.ask({ ...request, url })
      const next = locationOf(answer, url, this.#insecure)
      if (next === undefined) return { answer, url }
      await answer.body.dump().catch(() => undefined)
      if (hops === registryLimits.redirectsMax) {
        throw new OdError('OD_REGISTRY_REDIRECT', { host: request.url.host, reason: 'too often' })
      }
      url = next
    }
  }

  /** Asks, and once more when the registry wants to know who asks. Throws the errors of `OD_REGISTRY_*`. */
  async ask(request: Outgoing): Promise<Answer> {
    const send = () => {
      const { url, headers } = request
      const common = { ...headers, 'User-Agent': this.#userAgent }
      const all = { ...common, ...this.#authorizer.headersFor(url) }
      return this.#transport.ask({ ...request, headers: all })
    }
    const answer = await send()
    if (answer.statusCode !== 401 || !this.isOwn(request.url)) return answer
    await answer.body.dump().catch(() => undefined)
    const challenge = String(answer.headers['www-authenticate'] ?? '')
    await this.#authorizer.answer(challenge, request.signal)
    const second = await send()
    if (second.statusCode !== 401) return second
    await second.body.dump().catch(() => undefined)
    throw new OdError('OD_REGISTRY_UNAUTHORIZED')
  }

  async close(): Promise<void> {
    await this.#transport.close()
  }
}
