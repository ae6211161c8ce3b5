import { openAiErrorFrame } from '../dialect-errors.ts'
import {
  anything,
  decodeStruct,
  encodeGoJson,
  flag,
  float,
  integer,
  type JsonValue,
  optional,
  struct,
  text,
} from '../go-json/index.ts'
import { type GenerateAnswer, readAnswer, unixSeconds } from '../ollama/read-answers.ts'
import { plainEvent, type Translation, type TranslationPorts } from '../translation.ts'
import { type StreamOptions, stopsOf, streamOptions } from './request-fields.ts'
import { fingerprint, idsMax, usageOf } from './usage.ts'

/** The request of `/v1/completions`. Source: Ollama openai/openai.go, CompletionRequest. */
interface CompletionRequest {
  readonly model: string
  readonly prompt: string
  readonly frequencyPenalty: number
  readonly maxTokens?: number
  readonly presencePenalty: number
  readonly seed?: number
  readonly stop: JsonValue
  readonly stream: boolean
  readonly streamOptions?: StreamOptions
  readonly temperature?: number
  readonly topP: number
  readonly suffix: string
  readonly logprobs?: number
  readonly debugRenderOnly: boolean
}

const completionRequest = struct<CompletionRequest>('openai.CompletionRequest', {
  model: { name: 'model', reader: text },
  prompt: { name: 'prompt', reader: text },
  frequencyPenalty: { name: 'frequency_penalty', reader: float('float32') },
  maxTokens: { name: 'max_tokens', reader: optional(integer) },
  presencePenalty: { name: 'presence_penalty', reader: float('float32') },
  seed: { name: 'seed', reader: optional(integer) },
  stop: { name: 'stop', reader: anything },
  stream: { name: 'stream', reader: flag },
  streamOptions: { name: 'stream_options', reader: optional(streamOptions) },
  temperature: { name: 'temperature', reader: optional(float('float32')) },
  topP: { name: 'top_p', reader: float('float32') },
  suffix: { name: 'suffix', reader: text },
  logprobs: { name: 'logprobs', reader: optional(integer) },
  debugRenderOnly: { name: '_debug_render_only', reader: flag },
})

/**
 * `POST /v1/completions` as a native generate. Log probabilities are asked for and not shown, as by Ollama. Throws what the
 * request is refused for. Source: Ollama middleware/openai.go, CompleteWriter.
 */
export function translateCompletion(bytes: Uint8Array, ports: TranslationPorts): Translation {
  const request = decodeStruct(bytes, completionRequest)
  const id = `cmpl-${ports.randomInteger(idsMax)}`
  const hasUsage = request.streamOptions?.includeUsage === true
  return {
    route: 'generate',
    body: nativeGenerate(request),
    isStream: request.stream,
    headers: {},
    relaxesThinking: false,
    dialect: 'openai',
    whole(text) {
      const answer = readAnswer<GenerateAnswer>(text)
      const completion = {
        id,
        object: 'text_completion',
        created: unixSeconds(answer.created_at),
        model: answer.model ?? '',
        system_fingerprint: fingerprint,
        choices: [choiceOf(answer)],
        usage: usageOf(answer),
      }
      return `${encodeGoJson(completion)}\n`
    },
    line(line) {
      const answer = readAnswer<GenerateAnswer>(line)
      const created = Math.floor(ports.wallMs() / 1000)
      const chunk = (choices: readonly object[], usage: object | undefined) =>
        plainEvent(
          encodeGoJson({
            id,
            object: 'text_completion',
            created,
            choices,
            model: answer.model ?? '',
            system_fingerprint: fingerprint,
            usage,
          }),
        )
      const text = chunk([choiceOf(answer)], hasUsage ? usageOf({}) : undefined)
      if (answer.done !== true) return text
      return text + (hasUsage ? chunk([], usageOf(answer)) : '') + plainEvent('[DONE]')
    },
    failure: (message) => openAiErrorFrame({ status: 500, message, requestId: '' }),
  }
}

function nativeGenerate(request: CompletionRequest): string {
  const { model, prompt, stream, suffix, logprobs = 0 } = request
  return encodeGoJson({
    model,
    prompt,
    suffix,
    stream,
    options: {
      stop: stopsOf(request.stop, true),
      num_predict: request.maxTokens,
      temperature: request.temperature ?? 1,
      seed: request.seed,
      frequency_penalty: request.frequencyPenalty,
      presence_penalty: request.presencePenalty,
      top_p: request.topP || 1,
    },
    logprobs: logprobs > 0,
    top_logprobs: Math.max(0, logprobs),
    _debug_render_only: request.debugRenderOnly,
  })
}

function choiceOf({ response = '', done_reason: reason = '' }: GenerateAnswer): object {
  return { text: response, index: 0, finish_reason: reason || null }
}
