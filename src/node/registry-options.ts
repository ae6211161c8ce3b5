/** How models are fetched from registries, as far as this node decides it. */
import { join } from 'node:path'
import type { Settings } from '../config/index.ts'
import { isLoopback } from '../core/ollama-host.ts'
import { type RegistryOptions, signerWithKeyFile } from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { goPlatform } from '../sys/machine.ts'

/** What the engine's process is told about registries. */
export interface RegistrySettings {
  /** File of the key by which registries know this node. */
  readonly keyFile: string
  /** True where only this machine's users can ask for a pull. */
  readonly trustsAsker: boolean
  /** Registries by `host` or `host:port`. */
  readonly listed: readonly string[]
}

/** Whoever reaches a gateway that listens to others may ask for a pull: then registries inside of the network are not for them. */
export function registrySettings({ node, gateway, models }: Settings): RegistrySettings {
  return {
    keyFile: join(node.dataDir, 'registry.key'),
    trustsAsker: isLoopback(gateway.listen),
    listed: models.registries,
  }
}

/** For the client of registries. The level of Ollama's API stands first, because registries look for it. */
export function registryOptions(settings: RegistrySettings, apiVersion: string): RegistryOptions {
  const listed = new Set(settings.listed.map((host) => host.toLowerCase()))
  return {
    policy: { trustsAsker: settings.trustsAsker, listed },
    sign: signerWithKeyFile(settings.keyFile),
    userAgent: `ollama/${apiVersion} (${goPlatform()}) ollama-distributed`,
    wallMs: () => systemClock.wallMs(),
  }
}
