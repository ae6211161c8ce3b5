import type { ErrorEntry } from './entry.ts'

/** Failures of what the members of a cluster tell each other. */
export const softStateErrors = {
  OD_NODE_ENTRY_TOO_LARGE: {
    retryable: false,
    text: 'what this node says of itself has {bytes} bytes, more than the {limit} that fit',
    remedy: 'Remove models that are not used, or spread them over more nodes.',
  },
  OD_GOSSIP_MALFORMED: {
    status: 400,
    retryable: false,
    text: 'a member sent a packet that cannot be read: {reason}',
    remedy: 'Run the same version on all nodes.',
  },
} as const satisfies Record<string, ErrorEntry>
