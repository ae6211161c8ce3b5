/** What generate and chat have in common: prompt in, lines or one object out. */
import { OdError } from '../../../core/errors/index.ts'
import type { AnswerRequest } from '../../../wire/ollama/requests.ts'
import type { DoneReason, Metrics } from '../../../wire/ollama/responses.ts'
import { type CompletionEnd, complete } from '../completion.ts'
import type { InstalledModel } from '../ports.ts'
import type { Prompt } from '../prompt.ts'
import { samplingFor, tokensMaxFor } from '../sampling.ts'
import type { Exchange } from '../server.ts'
import { type EngineService, prepare, type Ready } from '../service.ts'

/** How an answer ended, and what was measured. */
export interface Finished {
  readonly doneReason: DoneReason
  readonly metrics: Metrics
}

/** What an answer was made from, and all of its text. */
export interface Made {
  readonly prompt: Prompt
  readonly text: string
  readonly ready: Ready
}

/** How one of both kinds of answer looks. */
export interface AnswerShape {
  /** The prompt of this request. */
  prompt(ready: Ready): Promise<Prompt>
  /** A line in the middle of a stream. */
  chunk(text: string): string
  /** The last line of a stream (`text` is empty then), or the whole answer. */
  final(text: string, ending: Finished, made: Made): Promise<string>
  /** The answer to a request that only loads or unloads. */
  empty(reason: 'load' | 'unload'): string
  /** The rendered prompt, for `_debug_render_only`. */
  rendered(text: string): string
}

/** Refuses what this engine cannot do yet, as Ollama refuses what a model cannot do. */
export function refuseUnsupported(
  request: AnswerRequest,
  more: { tools: readonly unknown[]; name: string },
): void {
  const { model } = request
  if (more.tools.length > 0) {
    throw new OdError('OD_MODEL_LACKS', { model: more.name, capability: 'tools' })
  }
  const isThinking = request.think !== undefined && request.think !== false
  if (isThinking) throw new OdError('OD_MODEL_CANNOT', { model, capability: 'thinking' })
  if (request.format !== undefined) {
    throw new OdError('OD_MODEL_CANNOT', { model, capability: 'structured output' })
  }
  if (request.logprobs) throw new OdError('OD_MODEL_CANNOT', { model, capability: 'logprobs' })
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
  const startedMs = service.clock.nowMs()
  const ready = await prepare(service, model, request, signal)
  try {
    if (request.isEmpty) return answer.whole(200, shape.empty('load'))
    const prompt = await shape.prompt(ready)
    if (request.debugRenderOnly) return answer.whole(200, shape.rendered(prompt.text))
    const isStream = request.stream !== false
    const texts: string[] = []
    const end = await run(ready, prompt, signal, (text) => {
      texts.push(text)
      if (isStream) answer.line(shape.chunk(text))
    })
    const finished = finishedOf(end, ready, service.clock.nowMs() - startedMs)
    const whole = texts.join('')
    const made = { prompt, text: whole, ready }
    const last = await shape.final(isStream ? '' : whole, finished, made)
    if (!isStream) return answer.whole(200, last)
    answer.line(last)
    answer.end()
  } finally {
    ready.lease.release()
  }
}

function run(
  { lease, options }: Ready,
  prompt: Prompt,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<CompletionEnd> {
  const input = {
    tokens: prompt.tokens,
    tokensMax: tokensMaxFor(options.numPredict, lease.facts.contextTokens),
    sampling: samplingFor(options),
    stops: options.stop ?? [],
  }
  return complete(lease.runner, input, signal, onText)
}

function finishedOf({ reason, counters }: CompletionEnd, ready: Ready, totalMs: number): Finished {
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
