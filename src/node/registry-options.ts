/** How models are fetched from registries, as far as this node decides it. */
import { join } from 'node:path'
import type { Settings } from '../config/index.ts'
import { isLoopback } from '../core/ollama-host.ts'
import {
  accountsInFile,
  type Mirror,
  proxyVariables,
  type RegistryOptions,
  signerWithKeyFile,
} from '../models/index.ts'
import { systemClock } from '../sys/clock.ts'
import { goPlatform } from '../sys/machine.ts'
import { systemResolver } from '../sys/resolve.ts'

/** What the engine's process is told about registries. */
export interface RegistrySettings {
  /** File of the key by which registries know this node. */
  readonly keyFile: string
  /** File with the accounts that this node has at registries; need not be there. */
  readonly accountsFile: string
  /** True where only this machine's users can ask for a pull. */
  readonly trustsAsker: boolean
  /** Registries by `host` or `host:port`. */
  readonly listed: readonly string[]
  /** By registry: mirrors with commas between them, each `host:port` or a URL without a path. */
  readonly mirrors: Readonly<Record<string, string>>
}

/** Whoever reaches a gateway that listens to others may ask for a pull: then registries inside of the network are not for them. */
export function registrySettings({ node, gateway, models }: Settings): RegistrySettings {
  return {
    keyFile: join(node.dataDir, 'registry.key'),
    accountsFile: join(node.dataDir, 'registry-accounts.json'),
    trustsAsker: isLoopback(gateway.listen),
    listed: models.registries,
    mirrors: models.mirrors,
  }
}

/**
 * For the client of registries. The level of Ollama's API stands first, because registries look for it. `env`: where variables name
 * proxies.
 */
export function registryOptions(
  settings: RegistrySettings,
  apiVersion: string,
  env: Readonly<Record<string, string | undefined>>,
): RegistryOptions {
  const listed = new Set(settings.listed.map((host) => host.toLowerCase()))
  return {
    policy: { trustsAsker: settings.trustsAsker, listed },
    mirrors: new Map(
      Object.entries(settings.mirrors).map(([host, text]) => [host.toLowerCase(), mirrorsIn(text)]),
    ),
    proxies: proxyVariables(env),
    resolve: systemResolver,
    accounts: accountsInFile(settings.accountsFile),
    sign: signerWithKeyFile(settings.keyFile),
    userAgent: `ollama/${apiVersion} (${goPlatform()}) ollama-distributed`,
    wallMs: () => systemClock.wallMs(),
  }
}

function mirrorsIn(text: string): readonly Mirror[] {
  return text.split(',').map((one) => {
    const [, scheme, host = ''] = /^(https?:\/\/)?(.*)$/.exec(one.trim()) ?? []
    return { host: host.toLowerCase(), insecure: scheme === 'http://' }
  })
}
