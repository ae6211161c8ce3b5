import type { ErrorEntry } from './entry.ts'

/** What is wrong with settings; printed by commands, never sent to a client of the gateway. */
export const configErrors = {
  OD_CONFIG_INVALID: {
    retryable: false,
    text: 'the configuration cannot be used:\n{problems}',
    remedy: 'Correct the places named; `ollama-distributed config check` looks again.',
  },
  OD_CONFIG_FILE_MISSING: {
    retryable: false,
    text: 'there is no configuration file {file}',
    remedy: 'Give the path of a file that is there, or leave --config out.',
  },
  OD_CONFIG_FILE_UNREADABLE: {
    retryable: false,
    text: 'the configuration file {file} cannot be read ({reason})',
    remedy: 'Make it a file that the user of this node may read.',
  },
  OD_CONFIG_FILE_TOO_LARGE: {
    retryable: false,
    text: 'the configuration file {file} is larger than {limitBytes} bytes',
    remedy: 'Name the right file with --config; one with every setting is below 10 kB.',
  },
  OD_CONFIG_KEY_UNKNOWN: {
    retryable: false,
    text: 'there is no setting {key}; {hint}',
    remedy: '`ollama-distributed config show` lists every setting.',
  },
} as const satisfies Record<string, ErrorEntry>
