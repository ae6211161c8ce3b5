import type { ErrorEntry } from './entry.ts'

/** Failures of the model store. */
export const modelErrors = {
  OD_MODELFILE_INVALID: {
    retryable: false,
    text: 'the Modelfile cannot be understood at: {line}',
    remedy: 'Use FROM, TEMPLATE, SYSTEM and PARAMETER, one to a line.',
  },
  OD_MODEL_INCOMPLETE: {
    status: 500,
    retryable: false,
    text: 'the model has no {part}',
    remedy: 'Pull or create the model again.',
  },
  OD_MODEL_MEMORY: {
    status: 500,
    retryable: true,
    text: 'model requires more system memory ({needed}) than is available ({available})',
    remedy: 'Unload other models, ask for a smaller num_ctx, or use a smaller model.',
  },
} as const satisfies Record<string, ErrorEntry>
