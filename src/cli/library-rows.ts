import type { CommandRow } from './command.ts'
import { gatewayOptions, json } from './options.ts'

const insecure = { flags: '--insecure', description: 'Speak plain HTTP to the registry' }
const lines = 'With --json, each line of progress as it came; into a pipe, the end alone.'

const account = {
  flags: '--username <name>',
  description:
    'Account at that registry; the password is read from OLLAMA_DISTRIBUTED_REGISTRY_PASSWORD',
}

/** The commands that change which models there are. Source of names and options: Ollama cmd/cmd.go. */
export const libraryRows: readonly CommandRow[] = [
  {
    name: 'pull',
    operands: [{ name: '<model>', description: 'Name of a model, with its registry unless usual' }],
    summary: 'Bring a model from a registry',
    description: `Ctrl-C gives it up; what has come is kept for the next time. ${lines}`,
    options: [insecure, account, ...gatewayOptions, json],
    examples: [
      { line: 'pull llama3.2:1b', does: "From Ollama's library" },
      {
        line: 'pull --insecure nas:8080/library/pocket',
        does: 'From another node, or a registry of your own',
      },
    ],
    load: async () => (await import('./library/transfers.ts')).pull,
  },
  {
    name: 'models verify',
    operands: [{ name: '[model]', description: 'Name of a model; all without it' }],
    summary: 'Look whether the files of models are what they should be',
    description:
      'Reads every file of the embedded engine. What has rotted or is gone is fetched again from the registry of the model, with the account that registry-accounts.json in the data folder of the node has for it, in the form of Docker; what cannot be fetched is named, and the command ends with 1. Ctrl-C gives it up. The same goes on by itself, slowly, once a week.',
    options: [...gatewayOptions, json],
    examples: [
      { line: 'models verify', does: 'Look at all' },
      { line: 'models verify llama3.2:1b', does: 'At those of one model' },
    ],
    load: async () => (await import('./library/verify-models.ts')).verifyModels,
  },
  {
    name: 'models export',
    operands: [
      { name: '<model>', description: 'Name of a model that the embedded engine of any node has' },
      { name: '[file]', description: 'The archive; named after the model without it' },
    ],
    summary: 'Write a model into a file',
    description:
      "A tar in the layout of the store, which is Ollama's too: `tar -xf` into a model directory gives the same model there. Every file in it is compared with its hash on the way. The node may be on another machine, and the model on another node than the one that is asked.",
    options: [...gatewayOptions, json],
    examples: [
      { line: 'models export llama3.2:1b', does: 'Into llama3.2-1b.tar' },
      { line: 'models export pocket /media/stick/pocket.tar', does: 'Onto a stick' },
    ],
    load: async () => (await import('./library/archives.ts')).exportModel,
  },
  {
    name: 'models import',
    operands: [
      { name: '<path>', description: 'An archive, a GGUF file, or a folder with weights' },
    ],
    summary: 'Make models of a file',
    description:
      'An archive is what `models export` writes, or a tar of the folders blobs and manifests of any model directory, with as many models as are in it; they are the same byte for byte. It comes to the embedded engine of the node that is asked, or of another where that has none. A GGUF file or a folder becomes a model as by `create` with FROM alone.',
    options: [
      { flags: '--name <name>', description: 'What to call the model; its own name without it' },
      ...gatewayOptions,
      json,
    ],
    examples: [
      { line: 'models import llama3.2-1b.tar', does: 'The model that was exported' },
      { line: 'models import weights.gguf --name mine', does: 'A model of these weights' },
    ],
    load: async () => (await import('./library/archives.ts')).importModels,
  },
  {
    name: 'push',
    operands: [{ name: '<model>', description: 'Name of a model, with its registry' }],
    summary: 'Bring a model to a registry',
    description: `The name says where: give it with \`cp\` first. ${lines}`,
    options: [insecure, account, ...gatewayOptions, json],
    examples: [{ line: 'push --insecure nas:5000/ann/mine', does: 'To a registry of your own' }],
    load: async () => (await import('./library/transfers.ts')).push,
  },
  {
    name: 'create',
    operands: [{ name: '<model>', description: 'What to call it' }],
    summary: 'Make a model of a Modelfile',
    description: `Files that the Modelfile names are brought to the gateway first, those that it has not got yet. ${lines}`,
    options: [
      { flags: '-f, --file <file>', description: 'The Modelfile (Modelfile)' },
      {
        flags: '-q, --quantize <kind>',
        description:
          'Make F16, BF16 or F32 weights smaller: q8_0, q4_K_M, q4_K_S (or f16, bf16, f32)',
      },
      ...gatewayOptions,
      json,
    ],
    examples: [
      { line: 'create mine', does: 'Of the file Modelfile in this folder' },
      { line: 'create mine -f ~/models/brief.txt', does: 'Of another one' },
      { line: 'create small -q q4_K_M', does: 'With weights of about a quarter of the size' },
    ],
    load: async () => (await import('./library/create.ts')).create,
  },
  {
    name: 'cp',
    operands: [
      { name: '<source>', description: 'Name of a model' },
      { name: '<destination>', description: 'Its second name' },
    ],
    summary: 'Give a model a second name',
    description: 'Its files are shared; nothing is copied.',
    options: gatewayOptions,
    examples: [{ line: 'cp pocket mine', does: 'Both can be asked from then on' }],
    load: async () => (await import('./library/names.ts')).copy,
  },
  {
    name: 'rm',
    operands: [{ name: '<model...>', description: 'Names of models' }],
    summary: 'Remove models from every engine that has them',
    description: 'Files that another model needs stay.',
    options: gatewayOptions,
    examples: [{ line: 'rm mine llama3.2:1b', does: 'Remove two' }],
    load: async () => (await import('./library/names.ts')).remove,
  },
]
