import type { ErrorEntry } from './entry.ts'

export const engineErrors = {
  OD_GGUF_INVALID: {
    status: 400,
    retryable: false,
    text: 'not a usable GGUF file: {reason}',
    remedy:
      'Fetch or convert the file again; its header is damaged, or asks for more than any real model.',
  },
  OD_MANIFEST_INVALID: {
    status: 500,
    retryable: false,
    text: 'not a usable model manifest: {reason}',
    remedy: 'Pull or create the model again.',
  },
} as const satisfies Record<string, ErrorEntry>
