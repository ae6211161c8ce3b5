/** Requests to registries: over checked addresses only, with bounded waiting, and with failures in Go's words. */
import { Agent, buildConnector, type Dispatcher, ProxyAgent, request } from 'undici'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { byteStream } from '../../sys/byte-stream.ts'
import { checkedLookup, type Resolver } from '../../sys/resolve.ts'
import { goQuote } from '../../wire/go-json/index.ts'
import { checkAddress, isListed, literalAddress, type RegistryPolicy } from './address-guard.ts'
import { registryLimits } from './limits.ts'
import { type ProxyVariables, proxyFor } from './proxy-choice.ts'

export type Answer = Dispatcher.ResponseData

/** One request, as it goes out. */
export interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Makes the body, once per try. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>
  /** The answer may take so long once the body is out; `registryLimits.silenceMs` where absent. */
  readonly answerMs?: number
}

/** By what means registries are reached. */
export interface TransportOptions {
  readonly policy: RegistryPolicy
  readonly proxies: ProxyVariables
  readonly resolve: Resolver
}

/** Connections to one registry and to where it sends. */
export class Transport {
  readonly #options: TransportOptions
  readonly #bounds: Agent.Options
  readonly #direct: Agent
  /** By proxy, and by the name that a certificate behind it must have. */
  readonly #proxied = new Map<string, ProxyAgent>()

  constructor(options: TransportOptions, connectionsMax: number) {
    this.#options = options
    this.#bounds = { connections: connectionsMax, bodyTimeout: registryLimits.silenceMs }
    const { policy, resolve } = options
    this.#direct = new Agent({
      ...this.#bounds,
      connect: (place, done) => {
        const check = (address: string) => checkAddress(address, place.host ?? '', policy)
        const lookup = checkedLookup(check, resolve)
        buildConnector({ timeout: registryLimits.connectMs, lookup })(place, done)
      },
    })
  }

  /**
   * Asks once; follows nothing. Throws `OD_REGISTRY_UNREACHABLE`, and the guard's errors; when `signal` fires, its reason.
   */
  async ask({ method, url, headers, signal, body, answerMs }: Outgoing): Promise<Answer> {
    const literal = literalAddress(url)
    if (literal !== undefined) checkAddress(literal, url.host, this.#options.policy)
    try {
      const way = await this.#wayTo(url)
      return await request(way.url, {
        method,
        headers: { ...headers, ...way.headers },
        signal,
        dispatcher: way.dispatcher,
        headersTimeout: answerMs ?? registryLimits.silenceMs,
        body: bytesOf(body),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw asUnreachable(error, method, url)
    }
  }

  /**
   * Directly, or through a proxy, which resolves names itself: where the asker is not trusted it is given a checked address in place of
   * a name that is not listed, so that it connects to that one. Its own address is the operator's choice.
   */
  async #wayTo(url: URL): Promise<Way> {
    const { policy, proxies, resolve } = this.#options
    const proxy = proxyFor(url, proxies)
    if (proxy === undefined) return { url, headers: {}, dispatcher: this.#direct }
    const isFree = policy.trustsAsker || isListed(url.host, policy)
    const found = await resolve(url.hostname.replace(/^\[(.*)\]$/, '$1')).catch(
      (error: unknown) => {
        if (isFree) return [] // behind some proxies no name can be resolved
        throw error
      },
    )
    for (const { address } of found) checkAddress(address, url.host, policy)
    const [first] = found
    if (isFree || first === undefined) {
      return { url, headers: {}, dispatcher: this.#through(proxy) }
    }
    const pinned = new URL(url)
    pinned.hostname = first.family === 6 ? `[${first.address}]` : first.address
    const dispatcher = this.#through(proxy, url.hostname)
    return { url: pinned, headers: { Host: url.host }, dispatcher }
  }

  #through(proxy: URL, servername?: string): ProxyAgent {
    const key = `${proxy.href} ${servername ?? ''}`
    const known = this.#proxied.get(key)
    if (known !== undefined) return known
    const timeout = registryLimits.connectMs
    const agent = new ProxyAgent({
      ...this.#bounds,
      uri: proxy.href,
      proxyTls: { timeout },
      requestTls: { timeout, ...(servername === undefined ? {} : { servername }) },
    })
    this.#proxied.set(key, agent)
    return agent
  }

  /** Cuts what is still open. */
  async close(): Promise<void> {
    const agents = [this.#direct, ...this.#proxied.values()]
    await Promise.all(agents.map((agent) => agent.destroy()))
  }
}

interface Way {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly dispatcher: Dispatcher
}

function bytesOf(body: Outgoing['body']): Uint8Array | ReturnType<typeof byteStream> | null {
  const made = body?.() ?? null
  return made === null || made instanceof Uint8Array ? made : byteStream(made)
}

/** A failed connection as an error of ours. */
export function asUnreachable(error: unknown, method: string, url: URL): OdError {
  const inner = innermost(error)
  if (isOdError(inner)) return inner
  const verb = method[0] + method.slice(1).toLowerCase()
  const reason = `${verb} ${goQuote(url.href)}: ${goReason(inner, url)}`
  return new OdError('OD_REGISTRY_UNREACHABLE', { reason }, { cause: error })
}

/** What a failed connection is called in Go, whose words clients know. */
function goReason(error: unknown, url: URL): string {
  const { code = '', address, port, message } = error as NodeJS.ErrnoException & Endpoint
  const defaultPort = url.protocol === 'http:' ? '80' : '443'
  const place = address === undefined ? url.host : `${address}:${port ?? (url.port || defaultPort)}`
  switch (code) {
    case 'ECONNREFUSED':
      return `dial tcp ${place}: connect: connection refused`
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `dial tcp ${place}: connect: no route to host`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${url.hostname}: server misbehaving`
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `dial tcp ${place}: i/o timeout`
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'net/http: timeout awaiting response'
    case 'ECONNRESET':
      return 'read: connection reset by peer'
    case 'UND_ERR_SOCKET':
      return 'unexpected EOF'
    default:
      return /CERT|TLS|SSL/.test(code) ? `tls: failed to verify certificate: ${message}` : message
  }
}

interface Endpoint {
  readonly address?: string
  readonly port?: number
}

/** Of several addresses that were tried the first one's failure. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0]
  const { cause } = error as { cause?: unknown }
  return isOdError(cause) ? cause : error
}
