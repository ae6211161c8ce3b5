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
  OD_LINK_LISTEN: {
    retryable: false,
    text: 'cannot listen for other nodes on {address}, port {port} ({reason})',
    remedy: 'Stop the program that has the port, or give links another address or port.',
  },
  OD_LINK_NO_ADDRESS: {
    status: 503,
    retryable: true,
    text: 'no address of the node {peer} is known',
    remedy: 'Wait until it is back, or join with its address.',
  },
  OD_LINK_NAME_UNKNOWN: {
    status: 503,
    retryable: true,
    text: 'the name in {address} cannot be resolved ({reason})',
    remedy: 'Check how the name is written, or use the IP address of that machine.',
  },
  OD_LINK_PORT_CLOSED: {
    status: 503,
    retryable: true,
    text: 'nothing listens at {address}',
    remedy: 'Start ollama-distributed on that machine, and check that the port is the right one.',
  },
  OD_LINK_UNREACHABLE: {
    status: 503,
    retryable: true,
    text: 'there is no way to {address} ({reason})',
    remedy: 'Check the network and the address of that machine.',
  },
  OD_LINK_CONNECT_TIMEOUT: {
    status: 503,
    retryable: true,
    text: 'no link to {place} came up within {seconds} s; nothing was sent',
    remedy: 'Check that a firewall lets the port through and that the machine is awake.',
  },
  OD_LINK_NOT_A_NODE: {
    status: 503,
    retryable: false,
    text: 'what listens at {address} does not speak as a node does ({reason})',
    remedy: 'Use the port that node gives for links (4001 unless it was changed), not its gateway.',
  },
  OD_LINK_WRONG_ID: {
    status: 503,
    retryable: false,
    text: 'the node at {address} is not {peer} but {found}',
    remedy:
      'Use the line that the node on that machine prints when it starts; if it was installed anew, it has a new name. Nothing was sent to it.',
  },
  OD_LINK_TUNNEL_REFUSED: {
    status: 503,
    retryable: true,
    text: 'the node {peer} opens no stream ({reason}); nothing was sent',
    remedy:
      'The node behind it may be away: look at `nodes list`. A node that cannot be dialled needs a member that can be, and that runs.',
  },
  OD_LINK_OUTCOME_UNKNOWN: {
    status: 504,
    retryable: false,
    text: 'the node {peer} was asked and gave no whole answer ({reason}): what it did is unknown',
    remedy: 'Look whether it was done before asking again.',
  },
} as const satisfies Record<string, ErrorEntry>
