/** The serving side: a store for nodes that have a connection to this one. Who may connect is the connection's business. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { z } from 'zod'
import { isOdError, OdError } from '../../core/errors/index.ts'
import type { Clock } from '../../sys/clock.ts'
import type { Log } from '../../sys/log.ts'
import { type StateLimits, stateLimits } from '../limits.ts'
import type { StateStore } from '../port.ts'
import { questions, statePaths } from './protocol.ts'
import { serveWatch } from './serve-watch.ts'

export interface ServeStateOptions {
  readonly store: StateStore
  readonly clock: Clock
  readonly log: Log
  /** `stateLimits` when absent. */
  readonly limits?: StateLimits
}

/**
 * A handler for requests whose path is one of `statePaths`: true when it takes the request and will answer it. Times of
 * headers and idle connections are the server's.
 */
export function serveState(
  options: ServeStateOptions,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const { clock, limits = stateLimits } = options
  return (request, response) => {
    const call = callOf(request)
    if (call === undefined) return false
    response.on('error', () => undefined) // the other node left; `close` follows
    const cancel = clock.after(limits.remoteCallMs, () => request.destroy()) // a body that never ends
    readBody(request, limits.remoteBytesMax)
      .finally(cancel)
      .then((body) => answer(call, body, response, { ...options, limits }))
      .catch((error: unknown) => refuse(error, response, options.log))
    return true
  }
}

type CallName = keyof typeof statePaths

/** What each call does with a body. Throws `OD_STATE_REQUEST` for one that is not of its form. */
const performers = {
  get: performer(questions.get, (store, { key }) => store.get(key)),
  range: performer(questions.range, (store, request) => store.range(request)),
  transact: performer(questions.transact, (store, transaction) => store.transact(transaction)),
  grantLease: performer(questions.grantLease, (store, { ttlMs }) => store.grantLease(ttlMs)),
  keepAlive: performer(questions.keepAlive, (store, { lease }) => store.keepAlive(lease)),
  revokeLease: performer(questions.revokeLease, async (store, { lease }) => {
    await store.revokeLease(lease)
    return {}
  }),
}

function performer<Schema extends z.ZodType>(
  schema: Schema,
  perform: (store: StateStore, question: z.output<Schema>) => Promise<object>,
): (store: StateStore, body: unknown) => Promise<object> {
  return (store, body) => perform(store, read(schema, body))
}

function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: '' }
  throw badRequest(`${path.join('.')}: ${message}`.slice(0, 200))
}

function callOf({ method, url }: IncomingMessage): CallName | undefined {
  if (method !== 'POST') return undefined
  return (Object.keys(statePaths) as CallName[]).find((name) => statePaths[name] === url)
}

/** Rejects with `OD_STATE_REQUEST` when it is too large, with the connection's error when it breaks. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  // What is refused is answered too, so leaving the loop must not break the connection.
  const parts = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const chunk of parts) {
    bytes += chunk.length
    if (bytes > bytesMax) throw badRequest(`more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw badRequest('it is no JSON')
  }
}

async function answer(
  call: CallName,
  body: unknown,
  response: ServerResponse,
  options: ServeStateOptions & { readonly limits: StateLimits },
): Promise<void> {
  if (call === 'watch') await serveWatch(read(questions.watch, body), response, options)
  else send(response, 200, JSON.stringify(await performers[call](options.store, body)))
}

/** A failure that is not in the catalogue may have happened after a change: the connection breaks, and that says so. */
function refuse(error: unknown, response: ServerResponse, log: Log): void {
  if (!isOdError(error) || response.headersSent) {
    if (!isOdError(error) && !response.destroyed) log.error({ err: error }, 'state.call-failed')
    response.destroy()
    return
  }
  const { code, parameters, httpStatus } = error
  if (code === 'OD_STATE_REQUEST') response.setHeader('connection', 'close') // its body may be unread
  send(response, httpStatus, JSON.stringify({ error: { code, parameters } }))
}

function send(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  response.writeHead(status, headers).end(text)
}

function badRequest(reason: string): OdError {
  return new OdError('OD_STATE_REQUEST', { reason })
}
