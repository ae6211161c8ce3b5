import type { ErrorEntry } from './entry.ts'

/** What keeps a command from doing its work; printed by commands, never sent to a client of the gateway. */
export const cliErrors = {
  OD_DEMO_NODE: {
    retryable: true,
    text: '{name} did not start: {output}',
    remedy: 'Look at what it printed. With many nodes on a small machine, try fewer: --nodes 2.',
  },
  OD_CLI_USAGE: {
    retryable: false,
    text: '{problem}',
    remedy: '`{help}` shows how it is used.',
  },
  OD_CLI_HOST_INVALID: {
    retryable: false,
    text: '{source} is not the address of a gateway: {value}',
    remedy: 'Give it as http://127.0.0.1:8080, or as a name with or without a port.',
  },
  OD_CLI_NOT_RUNNING: {
    retryable: true,
    text: 'no node runs on {dataDir}',
    remedy: 'Start one with `{start}`.',
  },
  OD_CLI_UNREACHABLE: {
    retryable: true,
    text: 'no gateway answers at {url} ({reason})',
    remedy: 'Start one here with `ollama-distributed start`, or name another one with --host URL.',
  },
  OD_CLI_NO_ANSWER: {
    retryable: true,
    text: 'the gateway at {url} gave no answer within {seconds} s',
    remedy:
      'Look into its log, or stop it with `ollama-distributed stop --now` and start it again.',
  },
  OD_CLI_NOT_A_GATEWAY: {
    retryable: false,
    text: 'what answers at {url} is no gateway ({reason})',
    remedy: 'Check the address; --host URL names another one.',
  },
  OD_CLI_REFUSED: {
    retryable: false,
    text: '{reason}',
    remedy:
      'The gateway answered this with status {status}; `ollama-distributed status` tells how its engines stand.',
  },
  OD_CLI_ADVISED: {
    retryable: false,
    text: '{reason}',
    remedy: '{remedy}',
  },
  OD_CLI_CANCELLED: {
    retryable: true,
    text: 'the operation {operation} was given up; the engine {engine} is as before',
    remedy: 'Begin it again when it is wanted.',
  },
  OD_CLI_ANSWER_FAILED: {
    retryable: true,
    text: '{reason}',
    remedy: 'The engine said this in the middle of its answer; ask again, or look into its log.',
  },
  OD_CLI_WORK_FAILED: {
    retryable: true,
    text: '{reason}',
    remedy:
      'No model was changed by it. Where a network or a disk was in the way, the same command goes on where it ended; where the reason is a name, a file or an option, change that.',
  },
  OD_CLI_ANSWER_CUT: {
    retryable: true,
    text: 'the answer from {url} ended before it was complete',
    remedy: 'Ask again; `ollama-distributed status` tells whether the node still runs.',
  },
  OD_CLI_ARCHIVE_CUT: {
    retryable: true,
    text: 'the archive of {model} ended before it was whole, and nothing of it was kept',
    remedy:
      'Do it again. If it ends again, look whether a file of the model has rotted: `ollama-distributed models verify {model}`, at the node that has it.',
  },
  OD_CLI_FILE_UNREADABLE: {
    retryable: false,
    text: 'cannot read {path} ({reason})',
    remedy: 'Check the path; one in a Modelfile begins at the folder of the Modelfile.',
  },
  OD_CLI_FILE_UNWRITABLE: {
    retryable: false,
    text: 'cannot write {path} ({reason})',
    remedy: 'Name another file.',
  },
  OD_CLI_NO_WEIGHTS: {
    retryable: false,
    text: 'no weights in {path}',
    remedy: 'Name a GGUF file, or a folder with *.gguf or model*.safetensors in it.',
  },
  OD_CLI_STOP_FORBIDDEN: {
    retryable: false,
    text: 'the node with pid {pid} belongs to another user and cannot be stopped by this one',
    remedy: 'Run the command as the user who started the node, or as root.',
  },
  OD_CLI_STOP_WINDOWS: {
    retryable: false,
    text: 'Windows has no way to ask the node with pid {pid} to finish its answers and end',
    remedy: 'Press Ctrl-C in its window, or end it at once with `ollama-distributed stop --now`.',
  },
  OD_CLI_STOP_SLOW: {
    retryable: true,
    text: 'the node with pid {pid} was asked to end and still runs after {seconds} s',
    remedy: 'End it at once: `ollama-distributed stop --now`; if even that fails, kill its pid.',
  },
  OD_CLI_BUG: {
    retryable: false,
    text: 'the program failed in a way that nobody foresaw: {reason}',
    remedy: 'Run it again with LOG_LEVEL=debug in the environment and report what it prints.',
  },
} as const satisfies Record<string, ErrorEntry>
