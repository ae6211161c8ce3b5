import { clusterRows } from './cluster-rows.ts'
import type { CommandRow } from './command.ts'
import { engineRows } from './engine-rows.ts'
import { fakeEngineRows } from './fake-engine-rows.ts'
import { libraryRows } from './library-rows.ts'
import { gatewayOptions, globalOptions, json, runOptions, settingOptions } from './options.ts'

const model = { name: '<model>', description: 'Name of a model, for example pocket' }
const prefix = { name: '[prefix]', description: 'Only models whose names begin with it' }
const configDescription =
  'Looks at the same flags, environment and file as `start` does; see config.md for every setting.'

/** Every command, in the order in which the help lists them. */
export const commandTable: readonly CommandRow[] = [
  {
    name: 'start',
    summary: 'Start a node on this machine and stay until it stops',
    description:
      'Prints one line per step, then the addresses. Ctrl-C lets running answers finish, for up to 30 s; a second Ctrl-C ends at once. Where a node runs on the data folder already, says so and ends.',
    options: settingOptions,
    examples: [
      { line: 'start', does: 'Start with what is configured, or with the defaults' },
      { line: 'start --port 9000', does: 'Use another port for the gateway' },
      { line: 'start --ollama-port 0', does: "Leave Ollama's own port, 11434, to an Ollama" },
      {
        line: 'start --listen 0.0.0.0 --accept-open',
        does: 'Let other machines, or the host of a container, use it',
      },
    ],
    load: async () => (await import('./start/index.ts')).start,
  },
  {
    name: 'stop',
    summary: 'Stop the node of this machine',
    description: 'Waits until it is gone. Where none runs, says so and ends with 0.',
    options: [
      globalOptions.dataDir,
      { flags: '--now', description: 'Do not let running answers finish' },
    ],
    examples: [
      { line: 'stop', does: 'Let running answers finish, then stop' },
      { line: 'stop --now', does: 'Stop at once' },
    ],
    load: async () => (await import('./stop.ts')).stop,
  },
  {
    name: 'status',
    summary: 'Show the node and its engines',
    description: 'Every figure was measured for this answer. Ends with 1 where no node runs.',
    options: [...gatewayOptions, json],
    examples: [
      { line: 'status', does: 'Show the node of this machine' },
      { line: 'status --host http://nas:8080 --json', does: 'Another node, for a program' },
    ],
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'run',
    operands: [
      model,
      { name: '[prompt...]', description: 'What to ask; without it, a conversation' },
    ],
    summary: 'Ask a model, or talk with it',
    description:
      'Streams the answer. What is piped in comes before the prompt. Without either, on a terminal, it is a conversation: /help lists what else can be typed, Ctrl-C stops an answer, Ctrl-D ends.',
    options: [...runOptions, ...gatewayOptions],
    examples: [
      { line: 'run pocket', does: 'Talk with the bundled model' },
      { line: 'run pocket "Why is the sky blue?"', does: 'Ask one thing' },
      { line: 'run pocket "Say that in one sentence." < notes.txt', does: 'Ask about a file' },
      { line: `run pocket "Hello!" --options '{"temperature":0,"seed":1}'`, does: 'Set options' },
    ],
    load: async () => (await import('./run/index.ts')).run,
  },
  {
    name: 'models',
    aliases: ['list', 'ls'],
    operands: [prefix],
    summary: 'List the models that can be asked',
    description: 'Newest first. With --json, the answer of /api/tags as it came.',
    options: [...gatewayOptions, json],
    examples: [
      { line: 'models', does: 'List all' },
      { line: 'models llama', does: 'List those whose names begin with llama' },
    ],
    load: async () => (await import('./models.ts')).models,
  },
  {
    name: 'models list', // as engines and nodes have it; without this the word would be taken for a prefix
    operands: [prefix],
    summary: 'List the models that can be asked',
    description: 'The same as `models`.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'models list', does: 'List all' }],
    load: async () => (await import('./models.ts')).models,
  },
  {
    name: 'ps',
    operands: [prefix],
    summary: 'List the models that are in memory, and where',
    description: 'With --json, the answer of /api/ps as it came.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'ps', does: 'List what is loaded, on which engine, and for how long' }],
    load: async () => (await import('./ps.ts')).ps,
  },
  {
    name: 'show',
    operands: [model],
    summary: 'Show what is known of a model',
    description: 'One part of it with an option; with --json, the answer of /api/show as it came.',
    options: [
      { flags: '--modelfile', description: 'Only the Modelfile' },
      { flags: '--parameters', description: 'Only the parameters' },
      { flags: '--template', description: 'Only the template of the prompt' },
      { flags: '--system', description: 'Only the system message' },
      { flags: '--license', description: 'Only the licence' },
      ...gatewayOptions,
      json,
    ],
    examples: [
      { line: 'show pocket', does: 'Architecture, size, abilities, parameters' },
      { line: 'show pocket --modelfile', does: 'The Modelfile that it was made of' },
    ],
    load: async () => (await import('./show.ts')).show,
  },
  ...libraryRows,
  ...engineRows,
  ...clusterRows,
  {
    name: 'top',
    summary: 'Watch engines and loaded models',
    description: 'Once a second on a terminal, until Ctrl-C; once into a pipe.',
    options: gatewayOptions,
    examples: [{ line: 'top', does: 'Watch the node of this machine' }],
    load: async () => (await import('./top.ts')).top,
  },
  {
    name: 'strategy',
    operands: [
      {
        name: '[name]',
        description: 'What to use from now on: round_robin, least_loaded, model_affinity',
      },
    ],
    summary: 'Show how engines are chosen for requests, or choose another way',
    description:
      'round_robin takes them in turn, least_loaded the one with the least to do, model_affinity the one that has the model in memory. A change holds until the node ends; integration.api_gateway.load_balancing in the configuration says with which one it starts.',
    options: [...gatewayOptions, json],
    examples: [
      { line: 'strategy', does: 'The one in use, and what else there is' },
      { line: 'strategy least_loaded', does: 'Use that one from the next request on' },
    ],
    load: async () => (await import('./strategy.ts')).strategy,
  },
  {
    name: 'events',
    summary: 'Print what happens on a node, as it happens',
    description:
      'One line each, until Ctrl-C or the end of the node. With --json, one object to a line.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'events', does: 'For example when an engine comes into another state' }],
    load: async () => (await import('./events.ts')).events,
  },
  {
    name: 'doctor',
    summary: 'Look at what this machine has for a node, and what is in its way',
    description:
      'The engine library, Ollama, cores, memory, graphics processors, disks, the rights of the folders, the ports and who holds them; each problem with what to do. Changes nothing, and needs no node. Ends with 1 when there is a problem; that no Ollama is installed counts as one, although the embedded engine works without it.',
    options: [...settingOptions, json],
    examples: [
      { line: 'doctor', does: 'Look at this machine' },
      { line: 'doctor --data-dir /srv/models', does: 'With another data folder' },
    ],
    load: async () => (await import('./doctor/index.ts')).doctor,
  },
  {
    name: 'verify',
    summary: 'Check that everything works, from the engine to an answer',
    description:
      'The six checks of the integration guide. A check whose ground is missing is `blocked by` the one that failed. Check 5 makes a tiny model and deletes it again, check 6 asks a model. What this version does not have yet is named and not counted. Checks 1 and 2 look at this machine, the others at the gateway. Ends with 1 unless all six pass.',
    options: [globalOptions.host, ...settingOptions, json],
    examples: [
      { line: 'verify', does: 'Check the node of this machine' },
      { line: 'verify --json', does: 'For a program' },
    ],
    load: async () => (await import('./verify/index.ts')).verify,
  },
  {
    name: 'version',
    summary: 'Show the versions of this program and of the node',
    description: '`--version` prints that of this program alone, and asks nobody.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'version', does: 'Compare program and node' }],
    load: async () => (await import('./version.ts')).version,
  },
  {
    name: 'completion',
    operands: [{ name: '<shell>', description: 'bash, zsh or fish' }],
    summary: 'Print a script that completes command lines in a shell',
    description: 'Commands and options; nothing is asked for it.',
    options: [],
    examples: [
      {
        line: 'completion bash > ~/.local/share/bash-completion/completions/ollama-distributed',
        does: 'For bash',
      },
      {
        line: 'completion fish > ~/.config/fish/completions/ollama-distributed.fish',
        does: 'For fish',
      },
    ],
    load: async () => (await import('./completion/index.ts')).completion,
  },
  {
    name: 'config check',
    summary: 'Look for problems in the configuration',
    description: `${configDescription} Ends with 1 when there are any.`,
    options: [...settingOptions, json],
    examples: [{ line: 'config check --config other.yaml', does: 'Check a file before using it' }],
    load: async () => (await import('./config.ts')).configCheck,
  },
  {
    name: 'config show',
    summary: 'Print every setting with its value and where it comes from',
    description: configDescription,
    options: [...settingOptions, json],
    examples: [{ line: 'config show', does: 'A YAML file that gives the same values' }],
    load: async () => (await import('./config.ts')).configShow,
  },
  {
    name: 'config explain',
    operands: [{ name: '<key>', description: 'Setting, for example integration.api_gateway.port' }],
    summary: 'Tell everything about one setting',
    description: configDescription,
    options: [...settingOptions, json],
    examples: [{ line: 'config explain ollama.port', does: 'Meaning, value, source, default' }],
    load: async () => (await import('./config.ts')).configExplain,
  },
  {
    name: 'config schema',
    summary: 'Print the JSON Schema of the configuration file',
    description: 'For editors, which then complete and check the file.',
    options: [],
    examples: [{ line: 'config schema > schema.json', does: 'Save it for an editor' }],
    load: async () => (await import('./config.ts')).configSchema,
  },
  ...fakeEngineRows,
]

/** Commands that only hold others. */
export const commandGroups: ReadonlyMap<string, string> = new Map([
  ['engines', 'The engines of a node'],
  ['nodes', 'The nodes of the cluster'],
  ['token', 'Tokens with which nodes join'],
  ['config', 'Check, show and explain the configuration'],
])
