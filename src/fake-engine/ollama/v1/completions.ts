/** `/v1/completions`. */
import type { Clock } from '../../../sys/clock.ts'
import type { Call } from '../call.ts'
import { Failure } from '../failure.ts'
import { handleGenerate } from '../inference.ts'
import { decodeBody, goBool, goString } from '../json-decode.ts'
import { goJson } from '../json-encode.ts'
import type { NativeObject, Voice } from '../voice.ts'
import { samplingFields, samplingOptions } from './chat-completions.ts'
import { data, numberedId, sseType, unixSeconds, usageOf, wholeVoice } from './openai-words.ts'
import { answerTranslated, type Translated } from './translated.ts'

const fields = {
  ...samplingFields,
  model: goString,
  prompt: goString,
  suffix: goString,
  _debug_render_only: goBool,
}

export function handleCompletions(call: Call): Promise<void> {
  const translate = (body: Buffer) => translateCompletion(body, call.server.clock)
  return answerTranslated(call, translate, handleGenerate)
}

function translateCompletion(body: Buffer, clock: Clock): Translated {
  const request = decodeBody(body, 'CompletionRequest', fields, 'openai')
  const { model, prompt, suffix, stream = false } = request
  const options = { ...samplingOptions(request), stop: strictStops(request.stop) }
  const tellsUsage = request.stream_options?.['include_usage'] === true
  const voice = stream ? streamVoice(tellsUsage, clock) : wholeCompletionVoice()
  return { body: { model, prompt, suffix, stream, options }, voice }
}

function strictStops(stop: unknown): string[] | undefined {
  if (typeof stop === 'string') return [stop]
  if (!Array.isArray(stop)) return undefined
  return stop.map((one) => {
    if (typeof one === 'string') return one
    const type = typeof one === 'number' ? 'float64' : typeof one
    throw new Failure(400, `invalid type for 'stop' field: ${type}`)
  })
}

function wholeCompletionVoice(): Voice {
  const id = numberedId('cmpl-', 999)
  return wholeVoice((object) => {
    const { model = '', created_at: at } = object
    const start = { id, object: 'text_completion', created: unixSeconds(at), model }
    const rest = { choices: [choiceOf(object)], usage: usageOf(object) }
    return { ...start, system_fingerprint: 'fp_ollama', ...rest }
  })
}

function streamVoice(tellsUsage: boolean, clock: Clock): Voice {
  const id = numberedId('cmpl-', 999)
  const chunk = ({ model = '' }: NativeObject, choices: object[], usage?: object) => {
    const created = Math.floor(clock.wallMs() / 1000)
    const end = { model, system_fingerprint: 'fp_ollama', usage }
    return data(goJson({ id, object: 'text_completion', created, choices, ...end }))
  }
  const nothing = tellsUsage ? usageOf({}) : undefined
  const piece = (object: NativeObject) => {
    const said = chunk(object, [choiceOf(object)], nothing)
    if (object.done !== true) return said
    return said + (tellsUsage ? chunk(object, [], usageOf(object)) : '') + data('[DONE]')
  }
  return {
    wholeType: sseType,
    streamHeaders: [['Content-Type', sseType]],
    whole: piece,
    piece,
    broken: () => piece({}),
    framed: data,
  }
}

function choiceOf({ response = '', done_reason: reason }: NativeObject): object {
  return { text: response, index: 0, finish_reason: reason ?? null }
}
