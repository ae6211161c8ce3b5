/** Requests to registries: over checked addresses only, with bounded waiting, and with failures in Go's words. */
import { Agent, type Dispatcher, request } from 'undici'
import { isOdError, OdError } from '../../core/errors/index.ts'
import { byteStream } from '../../sys/byte-stream.ts'
import { checkedLookup } from '../../sys/resolve.ts'
import { goQuote } from '../../wire/go-json/index.ts'
import { checkAddress, literalAddress, type RegistryPolicy } from './address-guard.ts'
import { registryLimits } from './limits.ts'

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

/** Connections to one registry and to where it sends. */
export class Transport {
  readonly #policy: RegistryPolicy
  readonly #agent: Agent

  constructor(policy: RegistryPolicy, connectionsMax: number) {
    this.#policy = policy
    this.#agent = new Agent({
      connections: connectionsMax,
      bodyTimeout: registryLimits.silenceMs,
      connect: {
        timeout: registryLimits.connectMs,
        lookup: checkedLookup((address, host) => checkAddress(address, host, policy)),
      },
    })
  }

  /**
   * Asks once; follows nothing. Throws `OD_REGISTRY_UNREACHABLE`, and the guard's errors; when `signal` fires, its reason.
   */
  async ask({ method, url, headers, signal, body, answerMs }: Outgoing): Promise<Answer> {
    const literal = literalAddress(url)
    if (literal !== undefined) checkAddress(literal, url.host, this.#policy)
    try {
      const options = { method, headers, signal, dispatcher: this.#agent }
      const headersTimeout = answerMs ?? registryLimits.silenceMs
      return await request(url, {
        ...options,
        headersTimeout,
        body: bytesOf(body),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw asUnreachable(error, method, url)
    }
  }

  /** Cuts what is still open. */
  async close(): Promise<void> {
    await this.#agent.destroy()
  }
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
