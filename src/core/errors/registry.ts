import type { ErrorEntry } from './entry.ts'

/** Failures of transfers from and to registries. */
export const registryErrors = {
  OD_PULL_MANIFEST: {
    status: 500,
    retryable: false,
    text: 'pull model manifest: {reason}',
    remedy: 'Look at the name of the model, and whether this machine reaches its registry.',
  },
  OD_PULL_DIGEST: {
    status: 500,
    retryable: false,
    text: 'digest mismatch, file must be downloaded again: want {expected}, got {actual}',
    remedy:
      'Pull again; nothing of that file was kept. If it happens again, the registry is damaged.',
  },
  OD_PUSH: {
    status: 500,
    retryable: false,
    text: '{reason}',
    remedy:
      'Look whether this machine reaches the registry and may write there, then push again: what is there already is not sent again.',
  },
  OD_PUSH_NAME: {
    status: 500,
    retryable: false,
    text: 'unqualified name: {name}',
    remedy: 'Use [host/][namespace/]model[:tag] with letters, digits, "_", "-" and ".".',
  },
  OD_REGISTRY_PUSH: {
    status: 403,
    retryable: false,
    text: 'pushing to the registry {host} is not allowed on this node',
    remedy: 'Name it in models.registries if models of this node may go there.',
  },
  OD_REGISTRY_ACCOUNTS: {
    status: 500,
    retryable: false,
    text: 'the accounts at registries cannot be read from {path}: {reason}',
    remedy:
      'Write it as Docker does, {"auths":{"host:port":{"auth":"…"}}} with `user:password` in base64, in a file of its own that nobody else may read (chmod 600).',
  },
  OD_REGISTRY_UNREACHABLE: {
    status: 502,
    retryable: true,
    text: '{reason}',
    remedy:
      'Look whether this machine reaches the registry, then do it again: what is there already is kept.',
  },
  OD_REGISTRY_BUSY: {
    status: 502,
    retryable: true,
    text: 'the registry answered {status}',
    remedy: 'Do it again later: what is there already is kept.',
  },
  OD_REGISTRY_ANSWER: {
    status: 502,
    retryable: false,
    text: '{reason}',
    remedy: 'Ask those who run the registry: it does not speak the protocol.',
  },
  OD_REGISTRY_ABSENT: {
    status: 404,
    retryable: false,
    text: 'file does not exist',
    remedy: 'Look at the name of the model and its tag.',
  },
  OD_REGISTRY_UNAUTHORIZED: {
    status: 401,
    retryable: false,
    text: 'unauthorized: access denied',
    remedy:
      'Give the user and password of that registry, or make the public key of this node known to it.',
  },
  OD_REGISTRY_REALM: {
    status: 502,
    retryable: false,
    text: 'the registry {host} wants a token of {realm}, which is another server',
    remedy: 'Nothing was sent there. Use a registry that hands out its tokens itself.',
  },
  OD_REGISTRY_ADDRESS: {
    status: 403,
    retryable: false,
    text: 'the address of {host} is inside of this network, and that registry is not listed',
    remedy: 'Name it in models.registries if this node may fetch from there.',
  },
  OD_REGISTRY_METADATA: {
    status: 403,
    retryable: false,
    text: 'the address of {host} belongs to the metadata service of a cloud',
    remedy: 'No registry is there; nothing was asked.',
  },
  OD_REGISTRY_INSECURE: {
    status: 403,
    retryable: false,
    text: 'plain HTTP is not allowed for the registry {host}',
    remedy: 'Leave "insecure" out, or name the registry in models.registries.',
  },
  OD_REGISTRY_PORT: {
    status: 403,
    retryable: false,
    text: 'the registry {host} is not listed, and only listed ones may be at port {port}',
    remedy: 'Name it in models.registries if this node may fetch from there.',
  },
  OD_REGISTRY_PROXY: {
    status: 500,
    retryable: false,
    text: 'the proxy that {name} names cannot be used: it is no http:// or https:// address',
    remedy: 'Set the variable right, or name the registry in NO_PROXY, and start the node again.',
  },
  OD_REGISTRY_REDIRECT: {
    status: 502,
    retryable: false,
    text: 'the registry {host} sends elsewhere in a way that is not followed: {reason}',
    remedy: 'Nothing was asked there. Ask those who run the registry.',
  },
} as const satisfies Record<string, ErrorEntry>
