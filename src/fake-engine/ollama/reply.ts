/** Answers an understood generate or chat request: as a stream of objects, or as one. */
import { types } from './answer.ts'
import type { Call } from './call.ts'
import { findCalls } from './call-finder.ts'
import { Failure } from './failure.ts'
import { type Ending, generate, type Piece } from './generation.ts'
import { goTime, nanosOf } from './json-encode.ts'
import type { Entry } from './library.ts'
import type { ModelOptions } from './model-options.ts'
import type { ChatRequest, GenerateRequest } from './requests.ts'
import type { Lease } from './runner.ts'
import { formatScript } from './script.ts'
import type { ToolCall } from './voice.ts'

/** What distinguishes both endpoints once the request is understood. */
export interface Job {
  readonly asSent: string
  readonly entry: Entry
  readonly options: ModelOptions
  readonly request: GenerateRequest | ChatRequest
  /** There is no prompt: loading is all. */
  readonly isLoadOnly: boolean
  readonly thinks: boolean
  readonly tools: NonNullable<ChatRequest['tools']>
  /** The call that the conversation asks for, as text. */
  readonly callScript: string | undefined
  /** The fields between `created_at` and `done`. */
  readonly said: (text: string, thought: string, calls?: readonly ToolCall[]) => Said
  readonly layOut: (contextTokens: number) => { prompt: string; imageCount: number }
  /** The fields between `done_reason` and the counts; gets prompt and answer. */
  readonly closing: (allText: string) => Record<string, unknown>
}

type Said = Record<string, unknown>

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
      answer.object({ ...nothingYet, done: true, done_reason: 'load' })
      return
    }
    const { prompt, imageCount } = job.layOut(lease.runner.numCtx)
    if (job.request['_debug_render_only'] === true) {
      const rendered = { rendered_template: prompt, image_count: imageCount || undefined }
      answer.object({ ...nothingYet, done: false, _debug_info: rendered })
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
  const source = begin(call, job, lease, prompt)
  let text = ''
  let next = await source.next()
  for (; next.done !== true; next = await source.next()) {
    if (!answer.hasBegun) answer.beginStream()
    if (next.value.type === 'headers') {
      answer.flushHeaders()
      continue
    }
    const line = lineOf(call, job, next.value)
    if (line === '') answer.flushHeaders()
    else await answer.chunk(asSent(next.value, line), signal)
    server.journal.wrote(record, next.value.tokens)
    text += next.value.text
  }
  if (!answer.hasBegun) answer.beginStream()
  if (next.value.doneReason !== undefined) {
    const last = closingObject(call, job, lease, next.value, job.said('', ''), prompt + text)
    const told = answer.voice.piece(last)
    if (told !== '') await answer.chunk(told, signal)
  }
  answer.end()
}

async function sendWhole(call: Call, job: Job, lease: Lease, prompt: string): Promise<void> {
  const { answer, signal, server, record } = call
  const source = begin(call, job, lease, prompt)
  let text = ''
  let thought = ''
  const calls: ToolCall[] = []
  let spoilt: Piece | undefined
  let next = await source.next()
  for (; next.done !== true; next = await source.next()) {
    const { type } = next.value
    if (type === 'thought') thought += next.value.text
    if (next.value.call !== undefined) calls.push(next.value.call)
    if (type === 'text' || type === 'wrongBytes') text += next.value.text
    if (type === 'garbage' || type === 'wrongBytes') spoilt = next.value
    if (type === 'half') {
      answer.half(answer.voice.whole({ ...opening(call, job.asSent), ...job.said(text, thought) }))
    }
    if (type === 'headers') {
      answer.begin(200, answer.voice.wholeType)
      answer.flushHeaders()
    }
  }
  const said = job.said(text, thought, calls)
  const last = closingObject(call, job, lease, next.value, said, prompt + thought + text)
  const body = answer.voice.whole(last)
  server.journal.wrote(record, next.value.tokens)
  const bytes = spoilt === undefined ? body : spoiltBody(spoilt, body)
  if (!answer.hasBegun) return answer.whole(200, [['Content-Type', answer.voice.wholeType]], bytes)
  await answer.chunk(bytes, signal)
  answer.end()
}

function spoiltBody({ type, text }: Piece, body: string): string | Uint8Array {
  return type === 'wrongBytes' ? withWrongByte(body, text) : text
}

/** An error in a stream is its last line; before the first object it is the whole, chunked and without a charset. */
async function endInError(call: Call, error: unknown): Promise<void> {
  if (!(error instanceof Failure)) throw error
  const { answer, signal } = call
  const { status, message } = error
  const isWhole = !answer.hasBegun
  if (isWhole) answer.begin(status, types.jsonBare)
  const told = isWhole ? answer.errors.body(status, message) : answer.voice.broken(message)
  if (told !== '') await answer.chunk(told, signal)
  answer.end()
}

function begin(
  call: Call,
  job: Job,
  lease: Lease,
  prompt: string,
): AsyncGenerator<Piece, Ending, undefined> {
  const { server, signal, record } = call
  const script = formatScript(job.request.format) ?? job.callScript
  const source = generate({
    clock: server.clock,
    prompt,
    lease,
    model: job.options,
    answerTokens: server.answerTokens,
    tokenIntervalMs: server.tokenIntervalMs,
    thinks: job.thinks,
    script,
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
  return findCalls(source, job.tools)
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

function lineOf(call: Call, job: Job, { type, text, call: made }: Piece): string {
  const { voice } = call.answer
  if (type === 'garbage') return voice.framed(text)
  const spoken = type === 'thought' ? job.said('', text) : job.said(text, '')
  const said = made === undefined ? spoken : job.said('', '', [made])
  return voice.piece({ ...opening(call, job.asSent), ...said, done: false })
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
