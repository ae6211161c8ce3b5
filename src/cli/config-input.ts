import { type ConfigInput, type LoadedConfig, loadConfig } from '../config/index.ts'
import { readTextIfThere } from '../sys/files.ts'
import { type Call, textOption } from './command.ts'

/** What decides over the configuration of a command: its flags, and the surroundings of this process. */
export function configInput(call: Call): ConfigInput {
  const { env, cwd, homeDir, platform } = call.self
  return {
    flags: {
      config: textOption(call, 'config'),
      dataDir: textOption(call, 'dataDir'),
      listen: textOption(call, 'listen'),
      port: textOption(call, 'port'),
      linkPort: textOption(call, 'linkPort'),
      linkListen: textOption(call, 'linkListen'),
      name: textOption(call, 'name'),
      role: textOption(call, 'role'),
      ollamaPort: textOption(call, 'ollamaPort'),
      logLevel: textOption(call, 'logLevel'),
      acceptOpen: call.options['acceptOpen'] === true,
    },
    env,
    cwd,
    homeDir,
    platform,
    readFile: (path) => readTextIfThere(path),
  }
}

/** The configuration as this command line sees it. Throws `OD_CONFIG_…`. */
export async function loadCallConfig(call: Call): Promise<LoadedConfig> {
  return await loadConfig(configInput(call))
}
