import type { ErrorEntry } from './entry.ts'

/** Failures of joining and leaving a cluster, and of what is done with its members. */
export const membershipErrors = {
  OD_JOIN_ADDRESS: {
    status: 400,
    retryable: false,
    text: 'not the address of a node: {address}',
    remedy:
      'Use the line that the other node prints, for example /ip4/192.168.1.100/tcp/4001/p2p/12D3KooW…: its name at the end is needed.',
  },
  OD_JOIN_ANSWER: {
    status: 502,
    retryable: false,
    text: 'the node {peer} gave no answer that can be understood (status {status})',
    remedy: 'Run the same version on both nodes.',
  },
  OD_JOIN_EXPIRED: {
    status: 403,
    retryable: false,
    text: 'the token expired {minutes} min ago by the clock of {node}',
    remedy:
      'Make a new one there with `ollama-distributed token create`. If it was made just now, compare the clocks of the machines.',
  },
  OD_JOIN_HAS_MEMBERS: {
    status: 409,
    retryable: false,
    text: 'this node is in a cluster with {count} others',
    remedy:
      'Let it leave first with `ollama-distributed leave`, or let the other machine join this cluster instead.',
  },
  OD_JOIN_NOBODY: {
    status: 404,
    retryable: true,
    text: 'no node was heard in the local network',
    remedy:
      'Start one on the other machine and ask again. Multicast DNS does not get into other networks, nor into some virtual ones: there, use `--peer` with the line that the other node prints.',
  },
  OD_JOIN_PENDING_FULL: {
    status: 503,
    retryable: true,
    text: '{countMax} nodes wait for approval already',
    remedy: 'Approve or reject some with `ollama-distributed nodes`, or join with a token.',
  },
  OD_JOIN_REJECTED: {
    status: 403,
    retryable: false,
    text: 'the wish to join was rejected',
    remedy: 'Ask whoever looks after the cluster for a token.',
  },
  OD_JOIN_REMOVED: {
    status: 403,
    retryable: false,
    text: 'this node was removed from the cluster and needs a token to come back',
    remedy: 'Make one on a member with `ollama-distributed token create`.',
  },
  OD_JOIN_REQUEST: {
    status: 400,
    retryable: false,
    text: 'the wish to join cannot be read: {problem}',
    remedy: 'Run the same version on both nodes.',
  },
  OD_JOIN_SEVERAL: {
    status: 409,
    retryable: false,
    text: 'nodes of {count} clusters were heard in the local network: {nodes}',
    remedy: 'Say which one with `--peer`, or give a token of its: only its own nodes know it.',
  },
  OD_JOIN_SELF: {
    status: 400,
    retryable: false,
    text: 'the address is that of this node itself',
    remedy: 'Use the address of another machine.',
  },
  OD_JOIN_TOKEN: {
    status: 403,
    retryable: false,
    text: 'the token is not known here',
    remedy:
      'Copy it whole. If it was revoked, or belongs to another cluster, make a new one with `ollama-distributed token create`.',
  },
  OD_JOIN_UNKNOWN: {
    status: 504,
    retryable: true,
    text: 'the store of the cluster gave no answer ({reason}): whether it was done is unknown',
    remedy: 'Ask again: what was done already is not done twice.',
  },
  OD_JOIN_UNPROVED: {
    status: 403,
    retryable: false,
    text: 'the node {peer} was found in the local network and does not know the token',
    remedy:
      'It is of another cluster, or pretends to be of this one; the token was not shown to it. Use `--peer` with the line that a member prints.',
  },
  OD_JOIN_USED: {
    status: 403,
    retryable: false,
    text: 'the token has been used as often as it may be',
    remedy: 'Make a new one on a member with `ollama-distributed token create`.',
  },
  OD_JOIN_VERSION: {
    status: 400,
    retryable: false,
    text: 'this node speaks version {theirs} of the protocol, the cluster {ours}',
    remedy: 'Install the same version of ollama-distributed on both machines.',
  },
  OD_LEAVE_HOLDER: {
    status: 409,
    retryable: false,
    text: 'this node keeps the state of the cluster, and {count} others need it',
    remedy: 'Let the others leave, or remove them, first.',
  },
  OD_MEMBER_CHANGED: {
    status: 409,
    retryable: true,
    text: 'the node {peer} was changed by somebody else at the same time',
    remedy: 'Look at it with `ollama-distributed nodes show {peer}` and try again.',
  },
  OD_MEMBER_SELF: {
    status: 409,
    retryable: false,
    text: 'a node does not remove itself',
    remedy: 'Use `ollama-distributed leave` on it.',
  },
  OD_MEMBER_HOLDER: {
    status: 409,
    retryable: false,
    text: 'the node {peer} keeps the state of the cluster and cannot be removed',
    remedy: 'Let the others leave it instead.',
  },
  OD_MEMBER_UNKNOWN: {
    status: 404,
    retryable: false,
    text: 'the cluster has no node {peer}',
    remedy:
      '`ollama-distributed nodes list` shows the names and ids; the beginning of an id is enough where it is the only one.',
  },
  OD_TOKEN_MANY: {
    status: 409,
    retryable: false,
    text: 'there are {countMax} tokens already',
    remedy: 'Revoke some with `ollama-distributed token revoke`, or wait until they expire.',
  },
  OD_TOKEN_UNKNOWN: {
    status: 404,
    retryable: false,
    text: 'the cluster has no token {token}',
    remedy: '`ollama-distributed token list` shows them.',
  },
  OD_MEMBERSHIP_DAMAGED: {
    retryable: false,
    text: 'what {path} says of the cluster cannot be read',
    remedy:
      'Put the file back from a backup, or move it away: the node then starts in a cluster of its own and has to join again.',
  },
} as const satisfies Record<string, ErrorEntry>
