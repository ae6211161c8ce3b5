import type { ErrorEntry } from './entry.ts'

/** What the management API refuses. */
export const adminErrors = {
  OD_API_FIELD: {
    status: 400,
    retryable: false,
    text: '{place} {field}: {problem}',
    remedy: 'Send it as /api/v1/openapi.json describes it.',
  },
  OD_API_JSON: {
    status: 400,
    retryable: false,
    text: 'the request body is not JSON',
    remedy: 'Send one JSON object, in UTF-8.',
  },
  OD_ENGINE_UNKNOWN: {
    status: 404,
    retryable: false,
    text: 'this node has no engine {engine}',
    remedy: 'The engines of this node: {engines}.',
  },
  OD_OPERATION_UNKNOWN: {
    status: 404,
    retryable: false,
    text: 'this node knows no operation {operation}',
    remedy:
      'Look at /api/v1/operations: all that run, and the newest 100 that are over since the node started.',
  },
  OD_OPERATION_BUSY: {
    status: 409,
    retryable: true,
    text: 'the engine {engine} has another operation: {action}, {other}',
    remedy: 'Wait for its end, or give it up with DELETE /api/v1/operations/{other}.',
  },
  OD_OPERATION_OVER: {
    status: 409,
    retryable: false,
    text: 'the operation {operation} is over: {state}',
    remedy: 'Begin the opposite one to undo it.',
  },
  OD_OPERATION_FIRM: {
    status: 409,
    retryable: false,
    text: 'the operation {operation} cannot be given up now: it {step}',
    remedy: 'Wait for its end, and begin the opposite one to undo it.',
  },
  OD_ENGINE_LOG_ELSEWHERE: {
    status: 409,
    retryable: false,
    text: 'this node did not start the engine {engine} and has no log of it',
    remedy:
      'Look where that engine was started; an Ollama on Linux logs to `journalctl -u ollama`.',
  },
} as const satisfies Record<string, ErrorEntry>
