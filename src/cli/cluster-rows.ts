import type { CommandRow } from './command.ts'
import { gatewayOptions, globalOptions, json, settingOptions } from './options.ts'

const node = { name: '<node>', description: 'Name or id of a node, or the beginning of an id' }
const peer = {
  flags: '--peer <address>',
  description:
    'Address of a member; several times, or with commas between, for several. Without it, nodes in the local network are found by multicast DNS',
  isRepeated: true,
}

/** The commands about the cluster and its nodes. */
export const clusterRows: readonly CommandRow[] = [
  {
    name: 'join',
    summary: "Join the cluster of another machine's node",
    description:
      'Where a node runs on this machine it joins; otherwise one is started, as `start` does. With a token it is a member at once, without one somebody has to approve it on a member. Asking again is safe. The node must be alone in its own cluster.',
    options: [
      peer,
      { flags: '--token <token>', description: 'What `token create` printed on a member' },
      { flags: '--no-wait', description: 'Do not wait for the approval of a node that runs' },
      globalOptions.host,
      ...settingOptions,
      json,
    ],
    examples: [
      {
        line: 'join --peer /ip4/192.168.1.100/tcp/4001/p2p/12D3KooW… --token 1f0c….…',
        does: 'As the other node printed it',
      },
      {
        line: 'join --peer /ip4/192.168.1.100/tcp/4001/p2p/12D3KooW…',
        does: 'Wait until it is approved there',
      },
      {
        line: 'join --token 1f0c….…',
        does: 'Find the node in the local network that knows the token',
      },
    ],
    load: async () => (await import('./join.ts')).join,
  },
  {
    name: 'demo',
    summary: 'Run a whole cluster on this machine, to try it',
    description:
      'Real nodes in processes of their own, each with the bundled model, on ports of their own and in a temporary folder. Prints what to try. Ctrl-C stops all of them and deletes the folder.',
    options: [
      { flags: '--nodes <n>', description: 'How many, up to 20 (3)' },
      { flags: '--keep', description: 'Keep the folder' },
      { ...json, description: 'Print one line of JSON with the nodes when they are up' },
    ],
    examples: [
      { line: 'demo', does: 'Three nodes' },
      { line: 'demo --nodes 5 --keep', does: 'Five, and their logs afterwards' },
    ],
    load: async () => (await import('./demo/index.ts')).demo,
  },
  {
    name: 'leave',
    summary: 'Leave the cluster',
    description:
      'The node goes on alone, with its engines and models. The node that keeps the state of the cluster cannot leave while others are in it.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'leave', does: 'Take the node of this machine out' }],
    load: async () => (await import('./join.ts')).leave,
  },
  {
    name: 'nodes list',
    summary: 'List the nodes of the cluster, and those who want to join',
    description:
      'As the asked node sees them. With --json, the answer of /api/v1/nodes as it came.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes list', does: 'Who is there, and how each one stands' }],
    load: async () => (await import('./nodes.ts')).nodesList,
  },
  {
    name: 'nodes show',
    operands: [node],
    summary: 'Show what is known of a node',
    description: 'With --json, the answer of /api/v1/nodes/{id} as it came.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes show desk', does: 'Its machine, engines and models' }],
    load: async () => (await import('./nodes.ts')).nodesShow,
  },
  {
    name: 'nodes approve',
    operands: [node],
    summary: 'Let a node in that wants to join',
    description: '`nodes list` shows it as waiting. Compare the id with what that machine prints.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes approve desk', does: 'Make it a member' }],
    load: async () => (await import('./nodes.ts')).nodesApprove,
  },
  {
    name: 'nodes reject',
    operands: [node],
    summary: 'Turn a node away that wants to join',
    description: 'It needs a token to come back.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes reject desk', does: 'Turn it away' }],
    load: async () => (await import('./nodes.ts')).nodesReject,
  },
  {
    name: 'nodes remove',
    operands: [node],
    summary: 'Take a node out of the cluster',
    description: 'Its connections end at once, and it needs a token to come back.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes remove desk', does: 'Take it out' }],
    load: async () => (await import('./nodes.ts')).nodesRemove,
  },
  {
    name: 'nodes drain',
    operands: [node],
    summary: 'Send a node no new requests',
    description: 'Requests of its own clients go on; what runs there finishes.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes drain desk', does: 'Before its machine is restarted' }],
    load: async () => (await import('./nodes.ts')).nodesDrain,
  },
  {
    name: 'nodes undrain',
    operands: [node],
    summary: 'Send a node requests again',
    description: 'The opposite of `nodes drain`.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes undrain desk', does: 'Afterwards' }],
    load: async () => (await import('./nodes.ts')).nodesUndrain,
  },
  {
    name: 'nodes label',
    operands: [
      node,
      { name: '<labels...>', description: 'KEY=VALUE sets one, KEY= takes it away' },
    ],
    summary: 'Give a node labels',
    description: 'For people and programs that tell nodes apart.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'nodes label desk room=attic gpu=', does: 'Set one, take one away' }],
    load: async () => (await import('./nodes.ts')).nodesLabel,
  },
  {
    name: 'token create',
    summary: 'Make a token with which a node may join, and print the line for it',
    description: 'It is shown this once; the cluster keeps only a hash of it.',
    options: [
      { flags: '--uses <n>', description: 'How many nodes may join with it (1)' },
      { flags: '--ttl <time>', description: 'How long it is good for, up to 744h (1h)' },
      ...gatewayOptions,
      json,
    ],
    examples: [
      { line: 'token create', does: 'For one node, within an hour' },
      { line: 'token create --uses 20 --ttl 24h', does: 'For a rack of machines' },
    ],
    load: async () => (await import('./token.ts')).tokenCreate,
  },
  {
    name: 'token list',
    summary: 'List the tokens, without their secrets',
    description: 'With --json, the answer of /api/v1/tokens as it came.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'token list', does: 'What is out there' }],
    load: async () => (await import('./token.ts')).tokenList,
  },
  {
    name: 'token revoke',
    operands: [{ name: '<token>', description: 'Id of the token: what stands before its dot' }],
    summary: 'Make a token worthless',
    description: 'Nodes that joined with it stay.',
    options: [...gatewayOptions, json],
    examples: [{ line: 'token revoke 1f0c8a2b', does: 'Nobody joins with it any more' }],
    load: async () => (await import('./token.ts')).tokenRevoke,
  },
]
