import { join } from 'node:path'
import { OdError } from '../../core/errors/index.ts'
import { ensureDirectory } from '../../sys/files.ts'
import { chooseFreePort } from '../../sys/network.ts'
import type { Instance, InstanceConfig } from './instance.ts'

/** What stands for whatever an instance leaves open. */
interface Surroundings {
  /** Below it lie the folders of instances that name none. */
  readonly dataDir: string
  readonly defaults?: Omit<InstanceConfig, 'host' | 'port' | 'dataDir'>
}

/** Decides what the configuration left open, and makes the folders. Rejects with `OD_ENGINE_FOLDER`. */
export async function settleInstance(
  engine: string,
  config: InstanceConfig,
  surroundings: Surroundings,
): Promise<Instance> {
  const { defaults = {} } = surroundings
  const host = config.host ?? '127.0.0.1'
  const dataDir = config.dataDir ?? join(surroundings.dataDir, 'engines', engine)
  const modelDir = config.modelDir ?? defaults.modelDir ?? join(dataDir, 'models')
  for (const path of [dataDir, modelDir]) {
    const reason = await ensureDirectory(path)
    if (reason !== undefined) throw new OdError('OD_ENGINE_FOLDER', { engine, path, reason })
  }
  return {
    ...defaults,
    ...withoutAbsent(config),
    environment: { ...defaults.environment, ...config.environment },
    host,
    port: config.port || (await chooseFreePort(host)),
    dataDir,
    modelDir,
  }
}

/** A value that is given as undefined must not hide a default. */
function withoutAbsent(config: InstanceConfig): InstanceConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
