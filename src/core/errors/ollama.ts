import type { ErrorEntry } from './entry.ts'

/**
 * Failures whose words are Ollama's own, so that clients that match on them keep working.
 * Source: ollama/ollama server/routes.go, sched.go, llm/server.go; texts as a 0.24 server gave them.
 */
export const ollamaErrors = {
  OD_BODY_MISSING: {
    status: 400,
    retryable: false,
    text: 'missing request body',
    remedy: 'Send a JSON object.',
  },
  OD_BODY_MALFORMED: {
    status: 400,
    retryable: false,
    text: '{reason}',
    remedy: 'Send valid JSON; the text names the first character that does not fit.',
  },
  OD_MODEL_REQUIRED: {
    status: 400,
    retryable: false,
    text: 'model is required',
    remedy: 'Name a model, for example "model": "pocket".',
  },
  OD_MODEL_NAME_INVALID: {
    status: 400,
    retryable: false,
    text: 'invalid model name',
    remedy: 'Use [host/][namespace/]model[:tag] with letters, digits, "_", "-" and ".".',
  },
  OD_CLOUD_DISABLED: {
    status: 403,
    retryable: false,
    text: 'ollama cloud is disabled: {what}',
    remedy:
      'Name a model of this machine, without "cloud" in its name, or set gateway.accept_cloud on a node that has an Ollama.',
  },
  OD_MODEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    text: "model '{model}' not found",
    remedy: '`ollama-distributed models` lists what is there.',
  },
  OD_MODEL_NOT_FOUND_EMBED: {
    status: 404,
    retryable: false,
    text: 'model "{model}" not found, try pulling it first',
    remedy: '`ollama-distributed models` lists what is there.',
  },
  OD_MODEL_CANNOT: {
    status: 400,
    retryable: false,
    text: '{model} does not support {capability}',
    remedy: '`ollama-distributed show MODEL` lists what the model can do.',
  },
  OD_MODEL_LACKS: {
    status: 400,
    retryable: false,
    text: '{model} does not support {capability}',
    remedy: '`ollama-distributed show MODEL` lists what the model can do.',
  },
  OD_OPTION_TYPE: {
    status: 500,
    retryable: false,
    text: 'option "{option}" must be of type {type}',
    remedy: 'Send the option with the type named.',
  },
  OD_OPTION_STRINGS: {
    status: 500,
    retryable: false,
    text: 'option "{option}" must be of an array of strings',
    remedy: 'Send a list of texts, even for one.',
  },
  OD_KEEP_ALIVE_INVALID: {
    status: 400,
    retryable: false,
    text: '{reason}',
    remedy: 'Send seconds as a number, or a duration such as "10m" or "-1s".',
  },
  OD_TEMPLATE_INVALID: {
    status: 500,
    retryable: false,
    text: '{reason}',
    remedy: 'Correct the template; the text names the place.',
  },
  OD_RAW_CONFLICT: {
    status: 400,
    retryable: false,
    text: 'raw mode does not support template, system, or context',
    remedy: 'Leave those fields out, or leave raw out.',
  },
  OD_EMBED_INPUT: {
    status: 400,
    retryable: false,
    text: 'invalid input type',
    remedy: 'Send "input" as a string or a list of strings.',
  },
  OD_EMBED_EMPTY: {
    status: 500,
    retryable: false,
    text: 'Failed to create new sequence: no input provided',
    remedy: 'Leave empty texts out of "input".',
  },
  OD_EMBED_TOO_MANY: {
    status: 400,
    retryable: false,
    text: 'more than {max} inputs in one request',
    remedy: 'Send them in several requests.',
  },
  OD_INPUT_TOO_LONG: {
    status: 400,
    retryable: false,
    text: 'the input length exceeds the context length',
    remedy: 'Send a shorter input, or let it be truncated.',
  },
  OD_QUEUE_FULL: {
    status: 503,
    retryable: true,
    text: 'server busy, please try again.  maximum pending requests exceeded',
    remedy: 'Try again in a moment.',
  },
  OD_REQUEST_CANCELED: {
    status: 499,
    retryable: false,
    text: 'request canceled',
    remedy: 'Nothing: the client left before the answer.',
  },
  OD_MODEL_LOAD: {
    status: 500,
    retryable: true,
    text: 'unable to load model: {reason}',
    remedy: 'See the log of the engine; pull or create the model again if its file is damaged.',
  },
  OD_UNEXPECTED: {
    status: 500,
    retryable: true,
    text: 'internal server error',
    remedy: 'Send the request again; the log says what went wrong. Please report it if it stays.',
  },
  OD_RUNNER_DIED: {
    status: 500,
    retryable: true,
    text: 'an error was encountered while running the model: unexpected EOF',
    remedy:
      'Send the request again: a new runner is started. The log of the engine says why it stopped.',
  },
} as const satisfies Record<string, ErrorEntry>
