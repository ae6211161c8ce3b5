import { encodeGoJson } from '../go-json/index.ts'
import type { Message } from './request-types.ts'
import { goDuration, goTimestamp } from './timestamps.ts'

/**
 * Lines of generate and chat, in Ollama's key order, without a newline: a stream puts one behind each, a whole answer
 * none. Source: Ollama api/types.go, GenerateResponse and ChatResponse.
 */

/** What every line says. */
export interface LineHead {
  /** The model exactly as the client spelt it. */
  readonly model: string
  /** Milliseconds since 1970. */
  readonly wallMs: number
}

/** What was measured. Zeros are left out on the wire. */
export interface Metrics {
  readonly totalMs: number
  readonly loadMs: number
  readonly promptEvalCount: number
  readonly promptEvalMs: number
  readonly evalCount: number
  readonly evalMs: number
}

/** One token, or an alternative to it. */
interface TokenLogprob {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
}

/** A token that was chosen and, where asked for, the likeliest at its place. */
export interface Logprob extends TokenLogprob {
  readonly topLogprobs?: readonly TokenLogprob[]
}

export type DoneReason = 'stop' | 'length' | 'load' | 'unload'

/** What may end an answer. Without `done` there is none of the others. */
export interface Ending {
  readonly doneReason?: DoneReason
  readonly metrics?: Metrics
}

/** A prompt as it was rendered, in the place of an answer. */
export interface Rendered {
  readonly template: string
  readonly imageCount: number
}

/** What a line of chat says of the message; empty parts are left out, `content` never. */
export type MessagePart = Partial<
  Pick<Message, 'role' | 'content' | 'thinking' | 'toolCalls' | 'images'>
>

/** A line of generate before the last. */
export function generateChunk(
  part: LineHead & { response: string; thinking?: string; logprobs?: readonly Logprob[] },
): string {
  return generateLine({ ...part, done: false })
}

/** The last line of generate, or its whole answer. `context` is absent with `raw`. */
export function generateFinal(
  part: LineHead &
    Ending & {
      response: string
      thinking?: string
      context?: readonly number[]
      logprobs?: readonly Logprob[]
    },
): string {
  return generateLine({ ...part, done: true })
}

/** The answer to an empty prompt: the model was loaded, or let go (ollama-api §2.2). */
export function generateLoaded(part: LineHead & { doneReason: 'load' | 'unload' }): string {
  return generateLine({ ...part, response: '', done: true })
}

/** The answer of generate to `_debug_render_only`. */
export function generateRendered(part: LineHead & { rendered: Rendered }): string {
  return generateLine({ ...part, response: '', done: false })
}

/** A line of chat before the last. */
export function chatChunk(
  part: LineHead & { message: MessagePart; logprobs?: readonly Logprob[] },
): string {
  return chatLine({ ...part, done: false })
}

/** The last line of chat, or its whole answer. */
export function chatFinal(
  part: LineHead & Ending & { message: MessagePart; logprobs?: readonly Logprob[] },
): string {
  return chatLine({ ...part, done: true })
}

/** The answer to a chat without messages. */
export function chatLoaded(part: LineHead & { doneReason: 'load' | 'unload' }): string {
  return chatLine({ ...part, message: {}, done: true })
}

/** The answer of chat to `_debug_render_only`; its message has no role. */
export function chatRendered(part: LineHead & { rendered: Rendered }): string {
  return chatLine({ ...part, message: { role: '' }, done: false })
}

interface LinePart extends LineHead, Ending {
  readonly done: boolean
  readonly logprobs?: readonly Logprob[]
  readonly rendered?: Rendered
}

function generateLine(
  part: LinePart & { response: string; thinking?: string; context?: readonly number[] },
): string {
  return encodeGoJson({
    ...head(part),
    response: part.response,
    thinking: part.thinking || undefined,
    done: part.done,
    done_reason: part.doneReason,
    context: unlessEmpty(part.context),
    ...metricsOnWire(part.metrics),
    _debug_info: part.rendered && debugInfo(part.rendered),
    logprobs: unlessEmpty(part.logprobs)?.map(logprobOnWire),
  })
}

function chatLine(part: LinePart & { message: MessagePart }): string {
  return encodeGoJson({
    ...head(part),
    message: messageOnWire(part.message),
    done: part.done,
    done_reason: part.doneReason,
    _debug_info: part.rendered && debugInfo(part.rendered),
    logprobs: unlessEmpty(part.logprobs)?.map(logprobOnWire),
    ...metricsOnWire(part.metrics),
  })
}

function head({ model, wallMs }: LineHead): object {
  return { model, created_at: goTimestamp(wallMs) }
}

/** The role is the assistant's unless it is given. */
export function messageOnWire({ role, content, thinking, images, toolCalls }: MessagePart): object {
  return {
    role: role ?? 'assistant',
    content: content ?? '',
    thinking: thinking || undefined,
    images: unlessEmpty(images)?.map((image) => Buffer.from(image).toString('base64')),
    tool_calls: unlessEmpty(toolCalls)?.map(
      ({ id, function: { index, name, arguments: args } }) => ({
        id: id || undefined,
        function: { index, name, arguments: args },
      }),
    ),
  }
}

function metricsOnWire(metrics: Metrics | undefined): object {
  if (metrics === undefined) return {}
  return {
    total_duration: goDuration(metrics.totalMs) || undefined,
    load_duration: goDuration(metrics.loadMs) || undefined,
    prompt_eval_count: metrics.promptEvalCount || undefined,
    prompt_eval_duration: goDuration(metrics.promptEvalMs) || undefined,
    eval_count: metrics.evalCount || undefined,
    eval_duration: goDuration(metrics.evalMs) || undefined,
  }
}

function debugInfo({ template, imageCount }: Rendered): object {
  return { rendered_template: template, image_count: imageCount || undefined }
}

function logprobOnWire({ topLogprobs, ...token }: Logprob): object {
  return {
    ...tokenOnWire(token),
    top_logprobs: unlessEmpty(topLogprobs)?.map(tokenOnWire),
  }
}

function tokenOnWire({ token, logprob, bytes }: TokenLogprob): object {
  return { token, logprob, bytes: unlessEmpty(bytes) }
}

/** What Go's `omitempty` makes of a list. */
function unlessEmpty<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items
}
