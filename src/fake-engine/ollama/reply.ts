/** Answers an understood generate or chat request: as a stream of objects, or as one. */
import { types } from './answer.ts'
import type { Call } from './call.ts'
import { Failure } from './failure.ts'
import { type Ending, generate, type Piece } from './generation.ts'
import { goJson, goTime, nanosOf } from './json-encode.ts'
import type { Entry } from './library.ts'
import type { ModelOptions } from './model-options.ts'
import type { ChatRequest, GenerateRequest } from './requests.ts'
import type { Lease } from './runner.ts'

/** What distinguishes both endpoints once the request is understood. */
export interface Job {
  readonly asSent: string
  readonly entry: Entry
  readonly options: ModelOptions
  readonly request: GenerateRequest | ChatRequest
  /** There is no prompt: loading is all. */
  readonly isLoadOnly: boolean
  readonly thinks: boolean
  /** The fields between `created_at` and `done`. */
  readonly said: (text: string, thought: string) => Record<string, unknown>
  readonly layOut: (contextTokens: number) => { prompt: string; imageCount: number }
  /** The fields between `done_reason` and the counts; gets prompt and answer. */
  readonly closing: (allText: string) => Record<string, unknown>
}

/** The fields that every object begins with. */
export function opening({ server }: Call, asSent: string): Record<string, unknown> {
  return { model: asSent, created_at: goTime(server.stampMs()) }
}

/** Loads the model and answers. Throws `Failure` for what becomes a whole error answer. */
export async function reply(call: Call, job: Job): Promise<void> {
  const { server, answer, signal } = call
  const wants = { numCtx: job.options.numCtx, keepAliveMs: job.request.keep_alive }
  const lease = await server.scheduler.acquire(job.entry, wants, signal)
  const { counts } = server.journal
  counts.generatingMax = Math.max(counts.generatingMax, server.scheduler.generating)
  try {
    const nothingYet = { ...opening(call, job.asSent), ...job.said('', '') }
    if (job.isLoadOnly) {
      answer.json(200, { ...nothingYet, done: true, done_reason: 'load' })
      return
    }
    const { prompt, imageCount } = job.layOut(lease.runner.numCtx)
    if (job.request['_debug_render_only'] === true) {
      const rendered = { rendered_template: prompt, image_count: imageCount || undefined }
      answer.json(200, { ...nothingYet, done: false, _debug_info: rendered })
      return
    }
    if (job.request.stream === false) await sendWhole(call, job, lease, prompt)
    else await sendStream(call, job, lease, prompt).catch((error) => endInError(call, error))
  } finally {
    lease.release()
  }
}

async function sendStream(call: Call, job: Job, lease: Lease, prompt: string): Promise<void> {
  const { answer, signal, server, record } = call
  checkFormat(job.request.format)
  const source = begin(call, job, lease, prompt)
  let text = ''
  let next = await source.next()
  for (; next.done !== true; next = await source.next()) {
    if (!answer.hasBegun) answer.begin(200, types.ndjson)
    if (next.value.type === 'headers') {
      answer.flushHeaders()
      continue
    }
    const line = lineOf(call, job, next.value)
    await answer.chunk(asSent(next.value, line), signal)
    server.journal.wrote(record, next.value.tokens)
    text += next.value.text
  }
  if (!answer.hasBegun) answer.begin(200, types.ndjson)
  if (next.value.doneReason !== undefined) {
    const last = closingObject(call, job, lease, next.value, job.said('', ''), prompt + text)
    await answer.chunk(`${goJson(last)}\n`, signal)
  }
  answer.end()
}

async function sendWhole(call: Call, job: Job, lease: Lease, prompt: string): Promise<void> {
  const { answer, signal, server, record } = call
  checkFormat(job.request.format)
  const source = begin(call, job, lease, prompt)
  let text = ''
  let thought = ''
  let spoilt: Piece | undefined
  let next = await source.next()
  for (; next.done !== true; next = await source.next()) {
    const { type } = next.value
    if (type === 'thought') thought += next.value.text
    if (type === 'text' || type === 'wrongBytes') text += next.value.text
    if (type === 'garbage' || type === 'wrongBytes') spoilt = next.value
    if (type === 'half')
      answer.half(goJson({ ...opening(call, job.asSent), ...job.said(text, thought) }))
    if (type === 'headers') {
      answer.begin(200, types.json)
      answer.flushHeaders()
    }
  }
  const said = job.said(text, thought)
  const body = goJson(closingObject(call, job, lease, next.value, said, prompt + thought + text))
  server.journal.wrote(record, next.value.tokens)
  const bytes = spoilt === undefined ? body : spoiltBody(spoilt, body)
  if (!answer.hasBegun) return answer.whole(200, [['Content-Type', types.json]], bytes)
  await answer.chunk(bytes, signal)
  answer.end()
}

function spoiltBody({ type, text }: Piece, body: string): string | Uint8Array {
  return type === 'wrongBytes' ? withWrongByte(body, text) : text
}

/** An error in a stream is its last line; before the first object it is the whole, chunked and without a charset. */
async function endInError(call: Call, error: unknown): Promise<void> {
  if (!(error instanceof Failure)) throw error
  if (!call.answer.hasBegun) call.answer.begin(error.status, types.jsonBare)
  const end = call.answer.isNdjson ? '\n' : ''
  await call.answer.chunk(goJson({ error: error.message }) + end, call.signal)
  call.answer.end()
}

function begin(
  call: Call,
  job: Job,
  lease: Lease,
  prompt: string,
): AsyncGenerator<Piece, Ending, undefined> {
  const { server, signal, record } = call
  return generate({
    clock: server.clock,
    prompt,
    lease,
    model: job.options,
    answerTokens: server.answerTokens,
    tokenIntervalMs: server.tokenIntervalMs,
    thinks: job.thinks,
    tokens: server.tokens,
    faults: server.faults,
    signal,
    die: server.die,
    onFault: (fault) => server.journal.struck(record, fault),
    onToken: () => server.journal.made(record),
    onHold: (change) => {
      server.journal.counts.held += change
    },
  })
}

/** A line as the wire has it: what a fault says goes wrong in it. */
function asSent({ type, text }: Piece, line: string): string | Uint8Array {
  if (type === 'half') return line.slice(0, line.length / 2)
  return type === 'wrongBytes' ? withWrongByte(line, text) : line
}

/** A byte that no UTF-8 has, in place of the word's first letter where it stands last. */
function withWrongByte(json: string, word: string): Buffer {
  const bytes = Buffer.from(json)
  bytes[bytes.lastIndexOf(word.trim())] = 0xff
  return bytes
}

function lineOf(call: Call, job: Job, { type, text }: Piece): string {
  if (type === 'garbage') return `${text}\n`
  const said = type === 'thought' ? job.said('', text) : job.said(text, '')
  return `${goJson({ ...opening(call, job.asSent), ...said, done: false })}\n`
}

function closingObject(
  call: Call,
  job: Job,
  lease: Lease,
  ending: Ending,
  said: Record<string, unknown>,
  allText: string,
): Record<string, unknown> {
  const start = { ...opening(call, job.asSent), ...said }
  if (ending.doneReason === undefined) return { ...start, done: false }
  return {
    ...start,
    done: true,
    done_reason: ending.doneReason,
    ...job.closing(allText),
    total_duration: nanosOf(call.server.clock.nowMs() - call.startedMs),
    load_duration: nanosOf(lease.loadMs),
    prompt_eval_count: ending.promptTokens || undefined,
    prompt_eval_duration: nanosOf(ending.promptMs),
    eval_count: ending.tokens || undefined,
    eval_duration: nanosOf(ending.tokensMs),
  }
}

function checkFormat(format = ''): void {
  if (['', '""', 'null', '"json"'].includes(format) || format.startsWith('{')) return
  const quoted = JSON.stringify(format)
  throw new Failure(500, `invalid format: ${quoted}; expected "json" or a valid JSON Schema object`)
}
