import type { ErrorEntry } from './entry.ts'

/** Failures of the embedded engine's way into llama.cpp. */
export const llamaErrors = {
  OD_ENGINE_UNSUPPORTED: {
    retryable: false,
    text: 'the embedded engine has no prebuilt library for {platform}',
    remedy: 'This node still serves as a gateway to an Ollama; install Ollama on it to run models.',
  },
  OD_ENGINE_MISSING: {
    retryable: false,
    text: 'the package {package}, which carries the embedded engine, is not installed',
    remedy: 'Install it beside ollama-distributed: npm install {package}.',
  },
  OD_ENGINE_LIBRARY: {
    retryable: false,
    text: 'the embedded engine cannot be loaded: {reason}',
    remedy: 'It needs glibc 2.34 and libstdc++ of GCC 12 or newer; elsewhere, use an Ollama.',
  },
  OD_ENGINE_LAYOUT: {
    retryable: false,
    text: 'the llama.cpp library is not the one this program was made for: {reason}',
    remedy: 'Install the versions of the lock file again; running on would corrupt memory.',
  },
  OD_RUNNER_FAILED: {
    status: 500,
    retryable: true,
    text: 'an error was encountered while running the model: {reason}',
    remedy: 'Send the request again; if it fails again, the log of the engine has more.',
  },
  OD_RUNNER_ABORTED: {
    status: 500,
    retryable: true,
    text: 'an error was encountered while running the model: {reason}',
    remedy:
      'Send the request again: a new runner is started. If it stops again, the file of the model may be damaged.',
  },
  OD_FORMAT_INVALID: {
    status: 500,
    retryable: false,
    text: 'invalid format: {format}; expected "json" or a valid JSON Schema object',
    remedy: 'Send "json", or a JSON Schema as an object, or leave format out.',
  },
  OD_FORMAT_SCHEMA: {
    status: 500,
    retryable: false,
    text: 'invalid JSON schema in format',
    remedy: 'Send a smaller or simpler schema; the log of the engine names what was refused.',
  },
  OD_RESUME_IMPOSSIBLE: {
    status: 409,
    retryable: false,
    text: 'the answer cannot be resumed: {reason}',
    remedy: 'Send the request again as a whole.',
  },
  OD_SEQUENCE_UNSAVED: {
    status: 409,
    retryable: true,
    text: 'the state of the sequence was not saved: {reason}',
    remedy: 'Nothing is lost: what it holds is computed anew when it is asked for again.',
  },
  OD_SEQUENCE_MISSING: {
    status: 404,
    retryable: false,
    text: 'there is no saved state or model of that name here: {reason}',
    remedy: 'Nothing is lost: the prompt is computed anew.',
  },
  OD_SEQUENCE_DAMAGED: {
    status: 422,
    retryable: false,
    text: 'the saved state of a sequence is damaged: {reason}',
    remedy: 'Nothing is lost: the prompt is computed anew. If it happens again, look at the disk.',
  },
  OD_SEQUENCE_FOREIGN: {
    status: 422,
    retryable: false,
    text: 'the saved state of a sequence does not fit here: {reason}',
    remedy: 'Nothing is lost: the prompt is computed anew.',
  },
  OD_SEQUENCE_NO_ROOM: {
    status: 409,
    retryable: true,
    text: 'no sequence is free to take the saved state',
    remedy:
      'Nothing is lost: try again when an answer has ended, or let the prompt be computed anew.',
  },
  OD_HOOK_BODY: {
    status: 400,
    retryable: false,
    text: 'the engine was asked for something that it does not understand: {reason}',
    remedy: 'Nodes and engines are one program: restart the node, so that both are of one version.',
  },
  OD_LOGPROBS_RANGE: {
    status: 400,
    retryable: false,
    text: 'top_logprobs must be between 0 and 20',
    remedy: 'Ask for at most 20 alternatives.',
  },
  OD_PROMPT_TOO_LONG: {
    status: 400,
    retryable: false,
    text: 'the prompt is longer than the context length currently available to the model',
    remedy: 'Send a shorter prompt, raise num_ctx, or allow the context to shift.',
  },
  OD_RUNNER_START: {
    status: 500,
    retryable: true,
    text: 'llama runner process has terminated: {reason}',
    remedy: 'See the log of the engine; the file of the model may be damaged, or memory too small.',
  },
  OD_ENGINE_BODY_TOO_LARGE: {
    status: 413,
    retryable: false,
    text: 'request body exceeds 64 MiB',
    remedy: 'Send a smaller body: fewer or smaller images.',
  },
} as const satisfies Record<string, ErrorEntry>
