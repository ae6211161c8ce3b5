import type { ErrorEntry } from './entry.ts'

/** Failures of engines and of the files that they use. */
export const engineErrors = {
  OD_ENGINE_CONFIGURED: {
    status: 409,
    retryable: false,
    text: 'the configuration asks for the engine {engine}',
    remedy: 'Stop it, or change the configuration and start the node again.',
  },
  OD_ENGINE_FOLDER: {
    status: 500,
    retryable: false,
    text: 'the folder {path} of the engine {engine} cannot be used: {reason}',
    remedy: 'Give this user the right to write there (chown, chmod), or name another folder.',
  },
  OD_ENGINE_NAME: {
    status: 400,
    retryable: false,
    text: 'an engine cannot be named {engine}',
    remedy:
      'Use at most 64 letters, digits, dots, hyphens and underscores, a letter or digit first; `local`, `default` and `embedded` belong to the node itself.',
  },
  OD_ENGINE_NAME_TAKEN: {
    status: 409,
    retryable: false,
    text: 'there is an engine {engine} already, at {url}',
    remedy: 'Use it, remove it first, or choose another name.',
  },
  OD_ENGINE_NOT_OURS: {
    status: 409,
    retryable: false,
    text: 'this node did not start the engine {engine}, and neither starts nor stops it',
    remedy: 'Start and stop it where it was started; `engines remove` ends its use.',
  },
  OD_ENGINE_PORT_TAKEN: {
    status: 409,
    retryable: true,
    text: 'the engine {engine} cannot listen at {address}: {reason}',
    remedy:
      'Give it another port, or stop what is there; an Ollama that is there can be added as remote.',
  },
  OD_ENGINE_SETTING: {
    status: 400,
    retryable: false,
    text: 'the engine {engine} cannot run so: {problem}',
    remedy: 'Make the settings agree.',
  },
  OD_ENGINE_START: {
    status: 503,
    retryable: true,
    text: 'the engine {engine} does not come up: {reason}',
    remedy: 'Look at its log: `ollama-distributed engines logs {engine}`.',
  },
  OD_ENGINE_TOO_MANY: {
    status: 409,
    retryable: false,
    text: 'a node has at most {limitCount} engines',
    remedy: 'Remove one that is not used any more.',
  },
  OD_ENGINE_URL: {
    status: 400,
    retryable: false,
    text: 'not the address of an engine: {reason}',
    remedy: 'Give it as http://host:port, for example http://nas:11434.',
  },
  OD_OLLAMA_MISSING: {
    status: 503,
    retryable: false,
    text: 'there is no program {program}',
    remedy: 'Name it with ollama.binary, or install it. {hint}',
  },
  OD_GGUF_INVALID: {
    status: 400,
    retryable: false,
    text: 'not a usable GGUF file: {reason}',
    remedy:
      'Fetch or convert the file again; its header is damaged, or asks for more than any real model.',
  },
  OD_LIBRARY_ANSWER: {
    retryable: false,
    text: 'the model gave no answer: {text}',
    remedy:
      'Look at the text; for a model that is missing, `ollama-distributed models` lists those that are there.',
  },
  OD_MANIFEST_INVALID: {
    status: 500,
    retryable: false,
    text: 'not a usable model manifest: {reason}',
    remedy: 'Pull or create the model again.',
  },
  OD_THREAD_UNKNOWN: {
    status: 400,
    retryable: false,
    text: 'no thread is kept here that message {message} ended; send the whole conversation',
    remedy:
      "Anthropic's client does so by itself; its tool runner is spared the refusal by `thread: false`.",
  },
} as const satisfies Record<string, ErrorEntry>
