import type { ErrorEntry } from './entry.ts'

/** Failures of the fake engine and what belongs to it; printed by commands and answered by the control port. */
export const fakeEngineErrors = {
  OD_FAKE_FAULTS: {
    status: 400,
    retryable: false,
    text: 'these are no faults that can be set: {reason}',
    remedy:
      '`ollama-distributed help fake-engine` has examples; docs/fake-engine.md lists them all.',
  },
  OD_FAKE_LISTEN: {
    retryable: true,
    text: 'cannot listen on port {port} ({reason})',
    remedy: 'Name another port, or 0 for any that is free.',
  },
} as const satisfies Record<string, ErrorEntry>
