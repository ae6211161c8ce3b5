import { logLevels } from '../sys/log.ts'
import { address, choice, path, port, yesOrNo } from './kind.ts'
import { managedEngines, remoteEngines } from './kind-engines.ts'
import { setting } from './setting.ts'

/** Settings of this program that the integration guide does not know. */
export const ownSettings = {
  'node.data_dir': setting({
    kind: path,
    default: {
      text: [
        '`$XDG_DATA_HOME/ollama-distributed` or `~/.local/share/ollama-distributed` on Linux',
        '`~/Library/Application Support/ollama-distributed` on macOS',
        '`%LOCALAPPDATA%\\ollama-distributed` on Windows',
      ].join(', '),
      of: (context) => context.platformDataDir,
    },
    description: 'Folder for everything that this node keeps; a running node is found through it.',
    envs: ['OLLAMA_DISTRIBUTED_HOME'],
    flag: { name: '--data-dir', argument: 'DIR', option: 'dataDir' },
  }),
  'gateway.listen': setting({
    kind: address,
    default: { value: '127.0.0.1' },
    description:
      'Address of this machine at which the gateway answers; 0.0.0.0 means all of them, and needs gateway.accept_open.',
    flag: { name: '--listen', argument: 'ADDRESS', option: 'listen' },
  }),
  'gateway.accept_open': setting({
    kind: yesOrNo,
    default: { value: false },
    description:
      'Accepts that everyone who reaches a gateway.listen other than loopback may use the models, without a key.',
    flag: { name: '--accept-open', option: 'acceptOpen' },
  }),
  'engines.remote': setting({
    kind: remoteEngines,
    default: { value: {} },
    description:
      'Ollamas of other machines by name, used and watched by this node, never started or stopped.',
  }),
  'engines.managed': setting({
    kind: managedEngines,
    default: { value: {} },
    description:
      'Further Ollamas that this node starts, by name, each with the address at which it listens.',
  }),
  'links.port': setting({
    kind: port,
    default: { value: 4001 },
    description: 'Port kept for links between nodes; nothing listens on it in this version.',
    flag: { name: '--link-port', argument: 'N', option: 'linkPort' },
  }),
  'log.level': setting({
    kind: choice(logLevels),
    default: { value: 'info' },
    description:
      'The least important lines that the log gets: debug has decisions, info state changes and requests.',
    envs: ['LOG_LEVEL'],
    flag: { name: '--log-level', argument: 'LEVEL', option: 'logLevel' },
  }),
} as const
