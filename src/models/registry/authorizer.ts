/** Answers a registry's challenges. Source: Ollama server/auth.go; ollama-api §4.4. */
import { createHash, randomBytes } from 'node:crypto'
import { OdError } from '../../core/errors/index.ts'
import { answerError, readBounded } from './answers.ts'
import { type Challenge, readChallenge } from './challenge.ts'
import { registryLimits } from './limits.ts'
import type { Signer } from './signing-key.ts'
import type { Transport } from './transport.ts'

/** What a user has at one registry. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Source: Ollama auth/auth.go; the hash is that of an empty body. */
const emptyBody = Buffer.from(createHash('sha256').digest('hex')).toString('base64')

/** Holds what authorises at one registry, and gives it to nobody else. */
export class Authorizer {
  readonly #registry: URL
  readonly #account: () => Promise<Credentials | undefined>
  readonly #transport: Transport
  readonly #sign: Signer
  readonly #wallMs: () => number
  readonly #userAgent: string
  #authorization: string | undefined

  constructor(
    registry: URL,
    account: () => Promise<Credentials | undefined>,
    transport: Transport,
    options: { readonly sign: Signer; readonly userAgent: string; readonly wallMs: () => number },
  ) {
    this.#registry = registry
    this.#account = account
    this.#transport = transport
    this.#sign = options.sign
    this.#wallMs = options.wallMs
    this.#userAgent = options.userAgent
  }

  /** The header for a request; none for another server than the registry. */
  headersFor(url: URL): Readonly<Record<string, string>> {
    const isRegistry = url.origin === this.#registry.origin
    return isRegistry && this.#authorization !== undefined
      ? { Authorization: this.#authorization }
      : {}
  }

  /** Does what `WWW-Authenticate` asks for. Throws `OD_REGISTRY_UNAUTHORIZED`, `OD_REGISTRY_REALM`, as the account's source, or as `Transport.ask`. */
  async answer(header: string, signal: AbortSignal): Promise<void> {
    const challenge = readChallenge(header)
    if (challenge?.scheme === 'bearer') {
      this.#authorization = `Bearer ${await this.#fetchToken(challenge, signal)}`
      return
    }
    const credentials = challenge?.scheme === 'basic' ? await this.#account() : undefined
    if (credentials === undefined) throw new OdError('OD_REGISTRY_UNAUTHORIZED')
    this.#authorization = basic(credentials)
  }

  async #fetchToken(
    { realm, service, scope }: Extract<Challenge, { scheme: 'bearer' }>,
    signal: AbortSignal,
  ): Promise<string> {
    const url = URL.parse(realm)
    if (url === null || url.origin !== this.#registry.origin) {
      const other = (url?.host ?? realm).slice(0, 100)
      throw new OdError('OD_REGISTRY_REALM', { host: this.#registry.host, realm: other })
    }
    url.username = ''
    url.password = ''
    url.searchParams.set('service', service)
    for (const one of scope.split(' ')) url.searchParams.append('scope', one)
    const headers = {
      Authorization: await this.#proofFor(url),
      'User-Agent': this.#userAgent,
    }
    const answer = await this.#transport.ask({ method: 'GET', url, headers, signal })
    if (answer.statusCode !== 200) throw await answerError(answer)
    const bytes = await readBounded(answer, registryLimits.answerBytesMax).catch(() => undefined)
    const token = bytes && tokenIn(bytes)
    if (token === undefined) throw new OdError('OD_REGISTRY_UNAUTHORIZED')
    return token
  }

  /** Password where there is one; otherwise this node's signature over the very address that is asked. */
  async #proofFor(url: URL): Promise<string> {
    const credentials = await this.#account()
    if (credentials !== undefined) return basic(credentials)
    url.searchParams.set('ts', String(Math.floor(this.#wallMs() / 1000)))
    url.searchParams.set('nonce', randomBytes(16).toString('base64url'))
    return this.#sign(`GET,${url.href},${emptyBody}`)
  }
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function tokenIn(bytes: Uint8Array): string | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown> | null
    const token = value?.['token'] || value?.['access_token']
    return typeof token === 'string' && /^[\x21-\x7e]{1,16384}$/.test(token) ? token : undefined
  } catch {
    return undefined
  }
}
