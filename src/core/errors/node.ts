import type { ErrorEntry } from './entry.ts'

/** Failures of starting a node. */
export const nodeErrors = {
  OD_NODE_DATA_DIR: {
    retryable: false,
    text: 'the data directory {path} cannot be used: {reason}',
    remedy:
      'Give this user the right to write there (chown, chmod), or name another with --data-dir.',
  },
  OD_NODE_MODEL_DIR: {
    retryable: false,
    text: 'the folder for models {path} cannot be used: {reason}',
    remedy:
      'Give this user the right to write there (chown, chmod), or name another with ollama.model_dir, or ollama.data_dir above it, in the configuration.',
  },
  OD_NODE_RUNNING: {
    retryable: false,
    text: 'a node already runs on this data directory, pid {pid}',
    remedy: 'Use it, stop it with `ollama-distributed stop`, or give this one another --data-dir.',
  },
  OD_NODE_PORT_TAKEN: {
    retryable: true,
    text: 'port {port} on {address} is already in use{holder}',
    remedy: 'Start with another one: --port {other}',
  },
} as const satisfies Record<string, ErrorEntry>
