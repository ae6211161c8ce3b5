import type { ErrorEntry } from './entry.ts'

/** Failures of the store of agreed state. All mean that nothing was changed, but for OD_STATE_UNKNOWN. */
export const stateErrors = {
  OD_STATE_BUSY: {
    status: 503,
    retryable: true,
    text: 'more than {countMax} calls wait for the store of the cluster',
    remedy: 'Try again in a moment; if it stays, the disk of the node that has the store is slow.',
  },
  OD_STATE_COMPACTED: {
    status: 410,
    retryable: false,
    text: 'the store no longer knows how it was at revision {revision}',
    remedy: 'List again from the beginning.',
  },
  OD_STATE_DAMAGED: {
    status: 500,
    retryable: false,
    text: 'the database of the store is damaged: {reason}',
    remedy:
      'Stop the node, move state/cluster.db and state/cluster.db-wal away, put a backup in their place, and start it again. The other nodes go on with their last copy.',
  },
  OD_STATE_DISK: {
    status: 500,
    retryable: true,
    text: 'the disk of the store failed: {reason}',
    remedy:
      'Look at the disk of the node that has the store, and at the rights of its state folder.',
  },
  OD_STATE_DISK_FULL: {
    status: 507,
    retryable: true,
    text: 'the disk of the store is full; nothing was changed',
    remedy: 'Free some space on the disk of the node that has the store, then try again.',
  },
  OD_STATE_FULL: {
    status: 507,
    retryable: false,
    text: 'the store has reached {bytesMax} bytes, or {keysMax} keys; nothing was changed',
    remedy: 'Delete what is not needed any more; deleting is still possible.',
  },
  OD_STATE_IN_USE: {
    retryable: false,
    text: 'another process has the database of the store open',
    remedy: 'Stop that process; a store belongs to one node.',
  },
  OD_STATE_KEY: {
    status: 400,
    retryable: false,
    text: 'a key of the store has 1 to {charactersMax} printable ASCII characters and no space',
    remedy: 'Choose another name.',
  },
  OD_STATE_LEASE_GONE: {
    status: 404,
    retryable: false,
    text: 'the lease has expired or was revoked',
    remedy: 'Ask for a new lease, and read again what it protected before acting.',
  },
  OD_STATE_LEASE_TIME: {
    status: 400,
    retryable: false,
    text: 'a lease lasts {msMin} to {msMax} ms',
    remedy: 'Ask for a time between the two.',
  },
  OD_STATE_LEASES: {
    status: 503,
    retryable: true,
    text: 'the store has {countMax} leases, which is all it gives',
    remedy: 'Revoke some, or wait until some expire.',
  },
  OD_STATE_NEWER: {
    retryable: false,
    text: 'the database of the store was written by a newer version of this program (form {form})',
    remedy: 'Start the newer version, or put a backup of this one in its place.',
  },
  OD_STATE_REQUEST: {
    status: 400,
    retryable: false,
    text: 'the request to the store cannot be understood: {reason}',
    remedy: 'Run versions of this program on both nodes that go together.',
  },
  OD_STATE_TRANSACTION: {
    status: 413,
    retryable: false,
    text: 'a transaction takes {itemsMax} conditions and changes, {bytesMax} bytes, and each key once',
    remedy: 'Split it.',
  },
  OD_STATE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    text: 'the store of the cluster cannot be reached: {reason}',
    remedy: 'Start the node that has it, or mend the network; what needs no change goes on.',
  },
  OD_STATE_UNKNOWN: {
    status: 504,
    retryable: true,
    text: 'whether the store did it is not known: {reason}',
    remedy: 'Read what is there before trying again.',
  },
  OD_STATE_VALUE: {
    status: 413,
    retryable: false,
    text: 'a value of the store is well-formed text of at most {bytesMax} bytes',
    remedy: 'Keep large things elsewhere, and their digests in the store.',
  },
  OD_STATE_WATCHES: {
    status: 503,
    retryable: true,
    text: 'the store has {countMax} watches, which is all it serves',
    remedy: 'End some, or watch one prefix instead of several.',
  },
} as const satisfies Record<string, ErrorEntry>
