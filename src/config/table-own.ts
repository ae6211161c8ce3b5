import { roles } from '../core/role.ts'
import { logLevels } from '../sys/log.ts'
import { address, choice, nodeName, path, port, wholeNumber, yesOrNo } from './kind.ts'
import { byteSize } from './kind-byte-size.ts'
import { managedEngines, remoteEngines } from './kind-engines.ts'
import { mirrors } from './kind-mirrors.ts'
import { registries } from './kind-registries.ts'
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
  'node.name': setting({
    kind: nodeName,
    default: { value: '' },
    description: "What people call this node; the machine's own name when empty.",
    flag: { name: '--name', argument: 'NAME', option: 'name' },
  }),
  'node.role': setting({
    kind: choice(roles),
    default: { value: 'full' },
    description:
      'What this node is for in its cluster: gateway has no engines of its own, storage is sent no requests, compute and full are.',
    flag: { name: '--role', argument: 'ROLE', option: 'role' },
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
  'gateway.accept_cloud': setting({
    kind: yesOrNo,
    default: { value: false },
    description:
      "Accepts that everyone who may use the models may use those of Ollama's cloud, and the account of the first Ollama of this node; Ollamas that this node starts have their cloud switched off otherwise.",
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
  'engines.cores': setting({
    kind: wholeNumber(0, 1_024),
    default: { value: 0 },
    unit: 'cores',
    description: 'Cores that the embedded engine may compute with; 0 means all of the machine.',
  }),
  'engines.eviction': setting({
    kind: choice(['ollama', 'least-useful']),
    default: { value: 'ollama' },
    description:
      'Which model of the embedded engine makes room for another one: ollama is that with the shortest keep-alive, as in Ollama; least-useful is the one that saves the least loading for the memory it holds, by how often it was asked for and how long its load took, and one that stays for ever goes only where all do.',
  }),
  'models.registries': setting({
    kind: registries,
    default: { value: [] },
    description:
      'Registries inside of this network, or without TLS, that models may be fetched from where gateway.listen lets others in; on loopback all may.',
  }),
  'models.quota': setting({
    kind: byteSize,
    default: { value: 0 },
    unit: 'bytes',
    description:
      'What the files of models may take on the disk, those that are being fetched included; 0 means as much as there is. A pull or an upload that would pass it is refused before its first byte.',
  }),
  'models.reserve': setting({
    kind: byteSize,
    default: { value: 512 * 1024 * 1024 },
    unit: 'bytes',
    description:
      'What models leave free on the disk of the model directory: for logs, for the state of this node, for other programs.',
  }),
  'models.mirrors': setting({
    kind: mirrors,
    default: { value: {} },
    description:
      'Other addresses of registries, which are asked first, in their order; what they send is verified as what the registry sends.',
  }),
  'links.port': setting({
    kind: port,
    default: { value: 4001 },
    description:
      'Port at which other nodes reach this one; where nobody chose it and it is taken, a free one.',
    flag: { name: '--link-port', argument: 'N', option: 'linkPort' },
  }),
  'links.listen': setting({
    kind: address,
    default: { value: '::' },
    description:
      'Address of this machine at which other nodes reach this one; :: means all of them, IPv4 too.',
    flag: { name: '--link-listen', argument: 'ADDRESS', option: 'linkListen' },
  }),
  'cluster.timing': setting({
    kind: choice(['lan', 'wan', 'test']),
    default: { value: 'lan' },
    description:
      'How fast nodes hear of each other: lan notices a dead node within 10 s, wan within 30 s; test is for processes of one machine.',
  }),
  'cluster.discovery': setting({
    kind: yesOrNo,
    default: { value: true },
    description:
      'Tells the local network, by multicast DNS, that this node is there: its id, name, cluster and link port. It admits nobody.',
    envs: ['OLLAMA_DISTRIBUTED_DISCOVERY'],
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
