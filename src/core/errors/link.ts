import type { ErrorEntry } from './entry.ts'

/** Who a node is, and why two nodes are not linked. */
export const linkErrors = {
  OD_IDENTITY_DAMAGED: {
    retryable: false,
    text: 'the key of this node in {path} is damaged',
    remedy:
      'Put the file back from a backup. Without one, move it away: the node starts under a new name and has to join its cluster again.',
  },
  OD_IDENTITY_EXPOSED: {
    retryable: false,
    text: 'the key of this node in {path} is not safe from other users: {how}',
    remedy:
      'If nobody else can have read it, make it a plain file of your own with `chmod 600`. Otherwise remove the node from its cluster, delete the file and join again.',
  },
  OD_IDENTITY_UNREADABLE: {
    retryable: false,
    text: 'the key of this node in {path} cannot be read ({reason})',
    remedy: 'Give the file to the user that runs the node (chown, chmod 600).',
  },
} as const satisfies Record<string, ErrorEntry>
