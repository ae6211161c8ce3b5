/**
 * A model's sources: the mirrors that the operator named for its registry, in their order, and the registry itself. One that fails is not
 * asked again in the same pull. What a mirror sends counts as much as what the registry sends: blobs by their hashes alone.
 */
import type { Digest } from '../../core/digest.ts'
import { isOdError } from '../../core/errors/index.ts'
import { decodeManifest } from '../../wire/manifest.ts'
import { type BlobAnswer, RegistryClient } from './client.ts'
import type { RegistryAccess, RegistryOptions } from './conversation.ts'

/** Another address of a registry. */
export interface Mirror {
  /** `host` or `host:port`. */
  readonly host: string
  /** Over plain HTTP. */
  readonly insecure: boolean
}

/** See the head of this file. One per pull; `close` cuts its connections. */
export class MirroredClient {
  /** The next to ask first; the registry itself is the last. */
  readonly #left: RegistryClient[]
  readonly #all: readonly RegistryClient[]

  /** Throws `OD_REGISTRY_INSECURE`. */
  constructor(access: RegistryAccess, options: RegistryOptions) {
    const mirrors = options.mirrors.get(access.name.host.toLowerCase()) ?? []
    this.#all = [
      ...mirrors.map((mirror) => mirrorClient(access, mirror, options)),
      new RegistryClient(access, options),
    ]
    this.#left = [...this.#all]
  }

  /** As `RegistryClient.manifest`; a mirror's that is none is passed over. */
  async manifest(signal: AbortSignal): Promise<Uint8Array> {
    return await this.#firstOf(async (client) => {
      const bytes = await client.manifest(signal)
      decodeManifest(bytes)
      return bytes
    }, signal)
  }

  /** As `RegistryClient.blob`. */
  async blob(
    blob: { readonly digest: Digest; readonly sizeBytes: number },
    range: { readonly from: number; readonly end: number },
    signal: AbortSignal,
  ): Promise<BlobAnswer> {
    return await this.#firstOf((client) => client.blob(blob, range, signal), signal)
  }

  /** Leaves the source out that sent wrong bytes. False when there is no other. */
  passOver(): boolean {
    if (this.#left.length < 2) return false
    this.#left.shift()
    return true
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((client) => client.close()))
  }

  async #firstOf<Result>(
    ask: (client: RegistryClient) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    for (;;) {
      const [client] = this.#left
      if (client === undefined) throw new TypeError('the registry itself is never left out')
      try {
        return await ask(client)
      } catch (error) {
        signal.throwIfAborted()
        if (!isOdError(error)) throw error
        const isStillFirst = this.#left[0] === client // of several parts one tells
        if (isStillFirst && !this.passOver()) throw error
      }
    }
  }
}

/** What the user gave for the registry is not the mirror's to know. The operator named it: it may be inside. */
function mirrorClient(
  { name, isOwnWish }: RegistryAccess,
  { host, insecure }: Mirror,
  options: RegistryOptions,
): RegistryClient {
  const policy = { ...options.policy, listed: new Set([...options.policy.listed, host]) }
  return new RegistryClient(
    { name: { ...name, host }, insecure, isOwnWish },
    { ...options, policy },
  )
}
