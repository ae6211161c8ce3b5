import type { CommandRow } from './command.ts'
import { gatewayOptions, json } from './options.ts'

const engine = { name: '<engine>', description: 'Name of an engine, for example embedded' }
const now = { flags: '--now', description: 'Do not let running answers finish' }
const noWait = { flags: '--no-wait', description: 'End as soon as it has begun' }
const givingUp = 'Ctrl-C gives it up where that is possible still; once more leaves it to the node.'

/** The commands about engines. */
export const engineRows: readonly CommandRow[] = [
  {
    name: 'engines list',
    summary: 'List the engines of a node',
    description: 'With --json, the answer of /api/v1/instances as it came.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'engines list', does: 'What there is, how it stands, where it listens' }],
    load: async () => (await import('./engines.ts')).enginesList,
  },
  {
    name: 'engines logs',
    operands: [engine],
    summary: 'Print what an engine wrote to its log',
    description: 'Of an engine that the node itself started.',
    options: [
      { flags: '-f, --follow', description: 'Go on with what it writes, until Ctrl-C' },
      { flags: '--lines <n>', description: 'How many of the newest lines (100)' },
      ...gatewayOptions,
    ],
    examples: [
      { line: 'engines logs embedded', does: 'The newest 100 lines' },
      { line: 'engines logs embedded -f', does: 'And what comes' },
    ],
    load: async () => (await import('./engines.ts')).enginesLogs,
  },
  {
    name: 'engines add',
    operands: [
      { name: '[address]', description: 'Where an Ollama answers, for example http://nas:11434' },
    ],
    summary: 'Use another Ollama',
    description:
      'One that answers elsewhere, by its address; nothing of ours is installed there. With --managed one that this node starts itself. It is kept until it is removed. Ends with 0 also where a remote one does not answer yet: it is used as soon as it does.',
    options: [
      {
        flags: '--name <name>',
        description: 'What to call it; the host of the address when absent',
      },
      { flags: '--managed', description: 'Start one on the machine of the node' },
      { flags: '--port <n>', description: 'Port of a managed one; any free one when absent' },
      { flags: '--no-wait', description: 'Do not wait until it answers' },
      ...gatewayOptions,
      json,
    ],
    examples: [
      { line: 'engines add http://nas:11434', does: 'The Ollama of another machine, as nas' },
      { line: 'engines add 192.168.1.7 --name attic', does: 'At the usual port, under a name' },
      { line: 'engines add --managed --name second', does: 'A second Ollama on this machine' },
    ],
    load: async () => (await import('./engines-add.ts')).enginesAdd,
  },
  {
    name: 'engines remove',
    operands: [engine],
    summary: 'Use an engine no more',
    description: `Of those that were added. One that the node started is stopped first, after its running answers; its models stay. ${givingUp}`,
    options: [now, noWait, ...gatewayOptions, json],
    examples: [{ line: 'engines remove nas', does: 'Forget the engine nas' }],
    load: async () => (await import('./engines-act.ts')).enginesRemove,
  },
  {
    name: 'engines start',
    operands: [engine],
    summary: 'Start an engine of the node and wait until it answers',
    description: `Where it runs, nothing is done. ${givingUp}`,
    options: [noWait, ...gatewayOptions, json],
    examples: [{ line: 'engines start second', does: 'Start the engine second' }],
    load: async () => (await import('./engines-act.ts')).enginesStart,
  },
  {
    name: 'engines stop',
    operands: [engine],
    summary: 'Stop an engine of the node',
    description: `It gets no more requests, its running answers finish, for up to 30 s, and it ends. It stays stopped until it is started, or the node is. ${givingUp}`,
    options: [now, noWait, ...gatewayOptions, json],
    examples: [
      { line: 'engines stop embedded', does: 'Let running answers finish, then stop it' },
      { line: 'engines stop embedded --now', does: 'Stop it at once' },
    ],
    load: async () => (await import('./engines-act.ts')).enginesStop,
  },
  {
    name: 'engines restart',
    operands: [engine],
    summary: 'Stop an engine of the node and start it again',
    description: `As stop and start. ${givingUp}`,
    options: [now, noWait, ...gatewayOptions, json],
    examples: [{ line: 'engines restart default', does: 'For example after an update of Ollama' }],
    load: async () => (await import('./engines-act.ts')).enginesRestart,
  },
]
