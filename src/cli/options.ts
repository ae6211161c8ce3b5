import type { OptionRow } from './command.ts'

/** Understood before and after the name of a command. */
export const globalOptions = {
  dataDir: {
    flags: '--data-dir <dir>',
    description: "Folder of the node's data; the running node is found through it",
  },
  host: {
    flags: '--host <url>',
    description:
      'Gateway to talk to, for example http://nas:8080; default: the node of this machine',
  },
} as const satisfies Record<string, OptionRow>

export const json: OptionRow = {
  flags: '--json',
  description: 'Print JSON for programs instead of a table for people',
}

export const configFile: OptionRow = {
  flags: '--config <file>',
  description: 'Configuration file; default: ollama-distributed.yaml here, else in the data folder',
}

/** Of every command that asks a gateway. */
export const gatewayOptions: readonly OptionRow[] = [globalOptions.host, globalOptions.dataDir]

/** Each sets a setting; see `src/config`. */
export const settingOptions: readonly OptionRow[] = [
  configFile,
  globalOptions.dataDir,
  {
    flags: '--listen <address>',
    description: 'Address the gateway listens on; other than loopback needs --accept-open',
  },
  { flags: '--port <n>', description: 'Port of the gateway (8080)' },
  { flags: '--name <name>', description: "What people call this node (the machine's name)" },
  { flags: '--role <role>', description: 'full, gateway, storage or compute (full)' },
  { flags: '--link-port <n>', description: 'Port for links between nodes (4001)' },
  { flags: '--link-listen <address>', description: 'Address for links between nodes (all)' },
  {
    flags: '--ollama-port <n>',
    description: "Port of Ollama's API beside the gateway (11434); 0 leaves that port to others",
  },
  { flags: '--log-level <level>', description: 'debug, info, warn or error (info)' },
  {
    flags: '--accept-open',
    description: 'Accept that everyone who reaches the address may use the models, without a key',
  },
]

/** What `run` takes beside the address of a gateway. Source: Ollama cmd/cmd.go, but for the last two. */
export const runOptions: readonly OptionRow[] = [
  {
    flags: '--verbose',
    description: 'After the answer, print the counts and times that were measured',
  },
  { flags: '--format <format>', description: 'json, or a JSON Schema that the answer shall fit' },
  {
    flags: '--keepalive, --keep-alive <time>',
    description: 'How long the model stays in memory afterwards: 5m, 0s, -1s for ever',
  },
  { flags: '--think [level]', description: 'Think first: true, false, low, medium, high or max' },
  { flags: '--hidethinking', description: 'Do not print the thoughts' },
  { flags: '--system <text>', description: 'System message, instead of the one of the model' },
  { flags: '--options <json>', description: 'Options of the model as a JSON object' },
]
