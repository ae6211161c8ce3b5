import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EngineView } from '../../core/engine.ts'
import type { Pass } from '../../core/engine-entry.ts'
import { type ErrorCode, isOdError, type OdError } from '../../core/errors/index.ts'
import { encodeGoJson } from '../../wire/go-json/index.ts'
import { errorAnswer, jsonType, requestIdHeader } from '../answer.ts'
import { type RequestBody, receiveBody, releaseBody } from '../body.ts'
import { bodyAtOwner, withLength } from '../engine-body.ts'
import { passWithoutPlace } from '../entering.ts'
import { headerValue, requestHeaders, responseHeaders } from '../headers.ts'
import { gatewayLimits as limits } from '../limits.ts'
import type { Pools } from '../pools.ts'
import { isChange, isUpload } from '../routes.ts'
import { StreamedBody } from '../streamed-body.ts'
import { type UpstreamCall, type UpstreamListener, type UpstreamRequest } from '../upstream.ts'
import { isPlainJson } from '../wish.ts'
import type { EngineRouteOptions, EngineTarget } from './engine-route.ts'
import { type EntryNote, type OwnerRefusal, refusedHeader, waitedHeader } from './entry-note.ts'
import { misfitOf } from './linked-body.ts'

interface LinkedOptions extends EngineRouteOptions {
  readonly pools: Pools
  readonly peer: string
  readonly note: EntryNote
  readonly target: EngineTarget
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * One request that another node sends to an engine of this one. The body is read whole before the door is asked, so that a
 * sender that is slow holds no place; the answer goes back as it comes, at the pace of the other node. The engine hears at
 * once when that node breaks off; that node hears in a header what became of an engine before it answered, and sees the
 * connection break when it dies later.
 */
export class LinkedRequest implements UpstreamListener {
  readonly #options: LinkedOptions
  readonly #startedMs: number
  /** In the queue of the door. */
  #waitedMs = 0
  #pass: Pass | undefined
  #forgetEngine: () => void = () => {}
  #call: UpstreamCall | undefined
  #refusal: OwnerRefusal | undefined
  #upload: StreamedBody | undefined
  #bytes = 0
  /** Called when the other node leaves before it has the answer. */
  readonly #whenLeft = new Set<() => void>()

  constructor(options: LinkedOptions) {
    this.#options = options
    this.#startedMs = options.clock.nowMs()
  }

  async run(): Promise<void> {
    const { request, response, engines, target, note, clock, spool } = this.#options
    request.on('error', () => {}) // its end tells
    response.on('close', () => {
      this.#logFinished()
      if (!response.writableFinished) for (const action of this.#whenLeft) action()
    })
    const body = isStreamed(request, target) ? this.#streamBody() : await this.#receiveBody()
    if (body === 'broken') return void response.destroy()
    if (body === 'no-room') return this.#refuse('full')
    if (!(body instanceof StreamedBody)) {
      if (response.destroyed) return releaseBody(body, spool)
      response.once('close', () => releaseBody(body, spool))
      const error = await misfitOf(target, { headers: request.headers, body }, this.#options)
      if (error !== undefined) return this.#reject(error)
      if (response.destroyed) return
    }
    const engine = engines.list().find(({ id }) => id === target.engine)
    if (engine?.state !== 'running') return this.#refuse('gone')
    const enteredMs = clock.nowMs()
    const admission =
      note.mode === 'beside'
        ? { type: 'admitted' as const, pass: passWithoutPlace(engines.begin(target.engine)) }
        : await engines.enter(target.engine, {
            model: note.model,
            key: note.key,
            mayWait: note.mode === 'wait',
            whenClientLeaves: (action) => this.#whenClientLeaves(action),
          })
    if (admission.type === 'left') return
    if (admission.type !== 'admitted') return this.#refuse(admission.type)
    this.#pass = admission.pass
    this.#send(body, clock.nowMs() - enteredMs)
  }

  #send(body: RequestBody | StreamedBody, waitedMs: number): void {
    const { request, engines, target, pools, response } = this.#options
    const engine = engines.list().find(({ id }) => id === target.engine)
    const pass = this.#pass
    if (engine === undefined || pass === undefined) return this.fail('unreachable')
    this.#waitedMs = Math.round(waitedMs)
    this.#call = pools.send(
      engine,
      engines.list(),
      {
        method: request.method ?? 'POST',
        path: `${target.path}${target.query}`,
        ...this.#asSent(body, engine),
      },
      this,
    )
    this.#whenClientLeaves(() => pass.leave(() => this.#cutOff()))
    this.#forgetEngine = pass.whenOut(() => {
      if (response.headersSent) return
      this.#call?.abort()
      this.fail('died')
    })
  }

  /** Headers and body as the engine gets them. */
  #asSent(
    body: RequestBody | StreamedBody,
    { kind }: EngineView,
  ): Pick<UpstreamRequest, 'headers' | 'body'> {
    const { request, target, gpuLayers } = this.#options
    const headers = requestHeaders(request.rawHeaders)
    if (!(body instanceof StreamedBody)) {
      const sent = bodyAtOwner(body, { kind }, target.path, gpuLayers)
      return { headers: withLength(headers, sent), body: sent }
    }
    const length = headerValue(request.rawHeaders, 'content-length')
    return {
      headers: length === undefined ? headers : [...headers, 'Content-Length', length],
      body,
    }
  }

  head(status: number, headers: string[]): void {
    const { response, node, note, target } = this.#options
    this.#pass?.answering(status < 400)
    if (response.destroyed) return // it ran on for others that wait for its load
    const own = [requestIdHeader, note.requestId, 'x-od-node', node, 'x-od-engine', target.engine]
    if (this.#waitedMs > 0) own.push(waitedHeader, String(this.#waitedMs))
    response.writeHead(status, [...responseHeaders(headers), ...own])
  }

  data(chunk: Buffer): void {
    const { response } = this.#options
    this.#bytes += chunk.length
    if (response.destroyed || response.write(chunk)) return
    this.#call?.pause()
    response.once('drain', () => this.#call?.resume())
  }

  end(): void {
    const { target, engines, response } = this.#options
    this.#finish('answered')
    if (!isChange(target.route)) return void response.end()
    // Whoever reads the answer and then a list, at any gateway, sees the change.
    void engines.refresh(0).then(() => response.end())
  }

  fail(failure: 'unreachable' | 'died'): void {
    const { response } = this.#options
    if (isOdError(this.#upload?.errored)) {
      // Its sender broke it off, or sent nothing: no fault of the engine.
      this.#finish('answered')
      return void response.destroy()
    }
    this.#finish(failure)
    if (!response.headersSent) return this.#refuse(failure)
    response.destroy() // a cut answer must not look like a whole one
  }

  #cutOff(): void {
    this.#call?.abort()
    this.#finish('answered')
  }

  #finish(outcome: 'answered' | 'unreachable' | 'died'): void {
    this.#forgetEngine()
    this.#pass?.finish(outcome)
    if (this.#upload === undefined) return
    this.#upload.destroy()
    this.#options.request.resume() // what is not passed on is dropped
  }

  /** An answer of this node's own: no engine has anything to do with it. */
  #refuse(reason: OwnerRefusal): void {
    const { response, note } = this.#options
    this.#refusal = reason
    if (response.destroyed) return
    const headers = ['Content-Type', jsonType, requestIdHeader, note.requestId]
    response.writeHead(503, [...headers, refusedHeader, reason])
    response.end(encodeGoJson({ error: `the engine does not take the request: ${reason}` }))
  }

  /** What the edge would have refused: no gateway sends such a request, and no engine sees it. */
  #reject(error: OdError): void {
    const { response } = this.#options
    const { status, contentType = jsonType, body } = errorAnswer(error)
    response.writeHead(status, ['Content-Type', contentType])
    response.end(body)
  }

  #whenClientLeaves(action: () => void): () => void {
    if (this.#options.response.destroyed) action()
    else this.#whenLeft.add(action)
    return () => void this.#whenLeft.delete(action)
  }

  /**
   * `no-room`: this node can hold no more bodies of this size now; another may. `broken`: it is too large, takes too long, or
   * breaks off: no gateway sends such a one.
   */
  async #receiveBody(): Promise<RequestBody | 'no-room' | 'broken'> {
    const { request, response, clock, spool, target } = this.#options
    const source = { request, response, whenLeft: this.#whenLeft }
    const isJson = isPlainJson(target.route, request.headers)
    const expected = { bytesMax: limits.clientBodyBytesMax, isJson }
    try {
      return await receiveBody(source, expected, { clock, limits, spool })
    } catch (error) {
      return isOdError(error) && noRoomCodes.has(error.code) ? 'no-room' : 'broken'
    }
  }

  /** A file; the gateway that it came to has cut a sender that is too slow before this one does. */
  #streamBody(): StreamedBody {
    const { request, response, clock } = this.#options
    const patient = {
      ...limits,
      uploadIdleMs: 2 * limits.uploadIdleMs,
      uploadRateMs: 2 * limits.uploadRateMs,
    }
    this.#upload = new StreamedBody({ request, response }, { clock, limits: patient })
    return this.#upload
  }

  #logFinished(): void {
    const { response, note, target, peer, clock, log } = this.#options
    const nowMs = clock.nowMs()
    log.info(
      {
        requestId: note.requestId,
        peer,
        path: target.path,
        engine: target.engine,
        model: note.model,
        status: response.headersSent ? response.statusCode : statusLeft,
        refused: this.#refusal,
        durationMs: Math.round((nowMs - this.#startedMs) * 1000) / 1000,
        bytes: this.#bytes,
        isWhole: response.writableFinished,
      },
      'link.request.finished',
    )
  }
}

const noRoomCodes = new Set<ErrorCode>([
  'OD_BODIES_FULL',
  'OD_BODY_DISK_FULL',
  'OD_BODY_DISK_FAILED',
])
/** Only files are: all else is read whole before it is let in. */
function isStreamed({ method }: IncomingMessage, { route }: EngineTarget): boolean {
  return isUpload(route) && method === 'POST'
}

/** Status of a request whose node left before the answer; nobody reads it but the log. As at the gateway. */
const statusLeft = 499
