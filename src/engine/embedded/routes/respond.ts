/** What generate and chat have in common: prompt in, lines or one object out. */
import { OdError } from '../../../core/errors/index.ts'
import { goQuote } from '../../../wire/go-json/index.ts'
import type { AnswerRequest, Think, ToolCall } from '../../../wire/ollama/requests.ts'
import type { DoneReason, Logprob, Metrics } from '../../../wire/ollama/responses.ts'
import { grammarForFormat } from '../../grammar/index.ts'
import type { OfferedTool } from '../../reply/index.ts'
import { capabilitiesOf, traitsOf } from '../capabilities.ts'
import { type CompletionEnd, type CompletionInput, complete } from '../completion.ts'
import type { InstalledModel } from '../ports.ts'
import { boundedTokens, type Prompt, textPrompt } from '../prompt.ts'
import { samplingFor, tokensMaxFor } from '../sampling.ts'
import type { Exchange } from '../server.ts'
import { type EngineService, prepare, type Ready } from '../service.ts'
import { effectiveThink, levelFor, splitterFor } from '../thinking.ts'
import type { TokenTrail } from '../token-trail.ts'
import { ReplyLog } from './reply-log.ts'
import { replyTaker } from './reply-taker.ts'
import { completeAfterThought, withMade } from './structured.ts'

/** Ollama's bound; each costs a look at the whole vocabulary. */
const topLogprobsMax = 20

/** How an answer ended, and what was measured. */
export interface Finished {
  readonly doneReason: DoneReason
  readonly metrics: Metrics
  /** Of all tokens of a whole answer; of a stream, those that went with no text. */
  readonly logprobs: readonly Logprob[]
}

/** What an answer was made from, and all of its text. */
export interface Made {
  readonly prompt: Prompt
  readonly text: string
  readonly ready: Ready
}

/** How one of both kinds of answer looks. */
export interface AnswerShape {
  readonly needs: Needs
  /** Throws when the request asks for what must not be. Not asked of one that only unloads. */
  check?(): void
  /** The prompt of this request. */
  prompt(ready: Ready, think: Think | undefined): Promise<Prompt>
  /** A line in the middle of a stream. */
  chunk(part: ShownPart, logprobs: readonly Logprob[]): string
  /** The last line of a stream, which shows what had been held back, or the whole answer. */
  final(part: ShownPart, ending: Finished, made: Made): Promise<string>
  /** The answer to a request that only loads or unloads. */
  empty(reason: 'load' | 'unload'): string
  /** The rendered prompt, for `_debug_render_only`. */
  rendered(text: string): string
}

/** A part of an answer as lines show it. */
export interface ShownPart {
  readonly text: string
  readonly thinking: string
  readonly toolCalls: readonly ToolCall[]
}

/** What a request needs of its model. */
interface Needs {
  /** Ollama's word for the route. */
  readonly work: 'generate' | 'chat'
  /** Beyond making text. */
  readonly also: readonly ('insert' | 'tools')[]
  /** The tools that are offered. */
  readonly tools: readonly OfferedTool[]
}

/**
 * Refuses what the model cannot do, in Ollama's words and order. Source: Ollama server/images.go, CheckCapabilities.
 */
function refuseUnsupported(
  available: readonly string[],
  request: AnswerRequest,
  model: InstalledModel,
  { work, also }: Needs,
): void {
  if (!available.includes('completion')) {
    throw new OdError('OD_MODEL_CANNOT', { model: goQuote(request.model), capability: work })
  }
  const lacking = also.find((capability) => !available.includes(capability))
  if (lacking === undefined) return
  throw new OdError('OD_MODEL_LACKS', { model: model.qualifiedName, capability: lacking })
}

/** Ollama looks at this before it looks for the model. Throws `OD_LOGPROBS_RANGE`. */
export function needLogprobsInRange({ topLogprobs }: AnswerRequest): void {
  if (topLogprobs < 0 || topLogprobs > topLogprobsMax) throw new OdError('OD_LOGPROBS_RANGE')
}

/** Answers one request: unload, load, or a completion. */
export async function respond(
  service: EngineService,
  exchange: Exchange,
  request: AnswerRequest & { readonly isEmpty: boolean },
  model: InstalledModel,
  shape: AnswerShape,
): Promise<void> {
  const { answer, signal } = exchange
  if (request.isEmpty && request.keepAlive === 0) {
    service.residency.unload(model.weightsPath)
    return answer.whole(200, shape.empty('unload'))
  }
  shape.check?.()
  const available = capabilitiesOf(service, model)
  const { relaxesThinking = false } = exchange
  const traits = traitsOf(service, model)
  const canThink = available.includes('thinking')
  const think = levelFor(effectiveThink(request, canThink, relaxesThinking), traits.callStyle)
  refuseUnsupported(available, request, model, shape.needs)
  const startedMs = service.clock.nowMs()
  const ready = await prepare(service, model, request, signal)
  try {
    if (request.isEmpty) return answer.whole(200, shape.empty('load'))
    const prompt = await shape.prompt(ready, think)
    if (request.debugRenderOnly) return answer.whole(200, shape.rendered(prompt.text))
    const { trail } = exchange
    const isStream = request.stream !== false || trail !== undefined
    if (isStream) answer.refuseAs('stream')
    const hasFormat = request.format !== undefined
    const splitter = splitterFor(think, traits.thoughtTags, prompt.text)
    const reply = new ReplyLog(
      replyTaker({ traits, splitter, prompt: prompt.text, tools: shape.needs.tools, hasFormat }),
      isStream
        ? (part, logprobs) => (trail ?? answer).line(shape.chunk(part, logprobs))
        : undefined,
      { tellsTags: shape.needs.work === 'generate' },
    )
    const inputFor = (prompt: Prompt) => inputOf(ready, prompt, request, trail)
    const input = inputFor(prompt)
    trail?.begin(input.sampling.seed)
    const { runner } = ready.lease
    const end =
      splitter !== undefined && input.sampling.grammar !== undefined
        ? await completeAfterThought({
            runner,
            input,
            signal,
            reply,
            splitter,
            closeTag: traits.thoughtTags?.close ?? '',
            goOn: async (said) => inputFor(await textPrompt(prompt.text + said, ready.lease)),
            trail,
          })
        : await complete(
            runner,
            withMade(input, trail?.point.tokens),
            signal,
            (text, logprobs) => {
              reply.add(text, logprobs)
              return false
            },
            (token) => {
              trail?.heard(token)
              return false
            },
          )
    const { part, logprobs } = reply.finish(end.logprobs)
    const totalMs = service.clock.nowMs() - startedMs
    const finished = { ...finishedOf(end, ready, totalMs), logprobs }
    const last = await shape.final(part, finished, { prompt, text: reply.text, ready })
    if (!isStream) return answer.whole(200, last)
    if (trail === undefined) answer.line(last)
    else trail.end(last)
    answer.end()
  } finally {
    ready.lease.release()
  }
}

/** Throws `OD_FORMAT_INVALID`, `OD_FORMAT_SCHEMA`, `OD_INPUT_TOO_LONG`, `OD_PROMPT_TOO_LONG`. */
function inputOf(
  { lease, options }: Ready,
  prompt: Prompt,
  request: AnswerRequest,
  trail: TokenTrail | undefined,
): CompletionInput {
  const { format, logprobs, topLogprobs } = request
  const { contextTokens } = lease.facts
  const truncate = request.truncate !== false
  const shift = request.shift !== false
  const tokens = boundedTokens(prompt, contextTokens, {
    truncate,
    shift,
    numKeep: options.numKeep,
  })
  const numKeep = options.numKeep < 0 ? tokens.length : options.numKeep
  const seed = options.seed < 0 && trail !== undefined ? trail.point.seed : options.seed
  return {
    tokens,
    tokensMax: tokensMaxFor(options.numPredict, contextTokens),
    sampling: {
      ...samplingFor({ ...options, seed }),
      ...(format === undefined ? {} : { grammar: grammarForFormat(format) }),
    },
    stops: options.stop ?? [],
    ...(shift ? { shift: { numKeep } } : {}),
    ...(logprobs ? { topLogprobs } : {}),
  }
}

function finishedOf(
  { reason, counters }: CompletionEnd,
  ready: Ready,
  totalMs: number,
): Omit<Finished, 'logprobs'> {
  return {
    doneReason: reason,
    metrics: {
      totalMs,
      loadMs: ready.loadMs,
      promptEvalCount: counters.promptTokens,
      promptEvalMs: counters.promptMs,
      evalCount: counters.madeTokens,
      evalMs: counters.madeMs,
    },
  }
}
