import type { ErrorEntry } from './entry.ts'

/** What the gateway itself refuses or cannot do; everything else that a client sees is the engine's own answer. */
export const edgeErrors = {
  OD_PORT_TAKEN: {
    retryable: true,
    text: 'port {port} on {address} is already in use',
    remedy: 'Start with another port, for example `--port {other}`.',
  },
  OD_LISTEN_FAILED: {
    retryable: false,
    text: 'cannot listen on {address}, port {port} ({reason})',
    remedy:
      'Give an address of this machine with --listen and a port that you may open with --port.',
  },
  OD_EDGE_JSON_BOUNDS: {
    status: 400,
    retryable: false,
    text: 'the request body has too many {excess}',
    remedy:
      'Send JSON with at most 128 levels, 10,000 keys in an object and 100,000 items in a list.',
  },
  OD_EDGE_CONTEXT: {
    status: 400,
    retryable: false,
    text: 'invalid context: {token} is no token of any model',
    remedy:
      'Send back the context of an earlier answer as it was, or the conversation to /api/chat.',
  },
  OD_EDGE_TOO_SLOW: {
    status: 408,
    retryable: true,
    text: 'the request did not arrive in time',
    remedy: 'Send the headers within 10 seconds and the body without long pauses.',
  },
  OD_EDGE_BODY_TOO_LARGE: {
    status: 413,
    retryable: false,
    text: 'the request body is larger than {limitBytes} bytes',
    remedy: 'Send a smaller body, for example fewer or smaller images.',
  },
  OD_BODIES_FULL: {
    status: 503,
    retryable: true,
    text: 'server busy, please try again.  this node holds as many large requests as it may, {limitBytes} bytes',
    remedy:
      'Send the request again in a moment, or to another node, or with fewer or smaller images.',
  },
  OD_BODY_DISK_FULL: {
    status: 507,
    retryable: true,
    text: 'this node has not enough free disk space for a request of this size',
    remedy:
      'Free space on the disk of the data folder, or send the request to another node, or with fewer or smaller images.',
  },
  OD_BODY_DISK_FAILED: {
    status: 500,
    retryable: true,
    text: 'this node could not keep the request on its disk',
    remedy:
      'See `spool.failed` in the log of the node for the cause; another node may take the request.',
  },
  OD_EDGE_URL_TOO_LONG: {
    status: 414,
    retryable: false,
    text: 'the URL is longer than {limitBytes} bytes',
    remedy: 'Send what is long in the body.',
  },
  OD_EDGE_HEADERS_TOO_LARGE: {
    status: 431,
    retryable: false,
    text: 'the request has more than {limitCount} header fields or {limitBytes} bytes of them',
    remedy: 'Send fewer headers; cookies of other programs on the same host are a common cause.',
  },
  OD_EDGE_BLOBS_APART: {
    status: 409,
    retryable: false,
    text: 'no engine holds everything that the model is to be made of ({engines})',
    remedy:
      'Send each file again with POST /api/blobs/DIGEST, which puts all of them on one engine, and then create.',
  },
  OD_EDGE_UPLOAD_CUT: {
    status: 502,
    retryable: true,
    text: 'the engine {engine} broke off after {bytes} bytes of the file; they are not kept and cannot be sent to another engine',
    remedy: 'Send the file again from its beginning.',
  },
  OD_EDGE_OUTCOME_UNKNOWN: {
    status: 502,
    retryable: true,
    text: 'the engine {engine} did not say what became of the request: its outcome is unknown',
    remedy: 'Look at /api/tags whether the change was made before you send the request again.',
  },
  OD_EDGE_PARTLY_DONE: {
    status: 502,
    retryable: true,
    text: 'done on {done}, but not on {failed}',
    remedy:
      'Send the request again once the engines named run and answer; what is done stays done.',
  },
  OD_QUEUE_WAIT: {
    status: 503,
    retryable: true,
    text: 'server busy, please try again.  the request waited too long for its turn',
    remedy: 'Try again later, raise ollama.max_concurrent, or add an engine.',
  },
  OD_STRATEGY_UNKNOWN: {
    status: 400,
    retryable: false,
    text: 'no strategy is called "{name}"; there are {valid}',
    remedy: 'Choose one of them.',
  },
  OD_EDGE_NO_ENGINE: {
    status: 503,
    retryable: true,
    text: 'no engine can take the request now ({engines})',
    remedy: 'Try again in a moment; `ollama-distributed status` says how each engine stands.',
  },
  OD_EDGE_STOPPING: {
    status: 503,
    retryable: true,
    text: 'this node is stopping',
    remedy: 'Send the request to another node, or again when this one has started.',
  },
} as const satisfies Record<string, ErrorEntry>
