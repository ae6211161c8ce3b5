/** Answers of `/v1/responses`. */
import type { Clock } from '../../../sys/clock.ts'
import { AsSent, goJson, sorted } from '../json-encode.ts'
import { isRecord } from '../json-values.ts'
import type { NativeObject, ToolCall, Voice } from '../voice.ts'
import { event, numberedId, sseType, unixSeconds, wholeVoice } from './openai-words.ts'
import type { ResponsesRequest } from './responses.ts'

const idsBelow = 999_999

export function wholeResponseVoice(request: ResponsesRequest, clock: Clock): Voice {
  const id = numberedId('resp_', idsBelow)
  const messageId = numberedId('msg_', idsBelow)
  return wholeVoice((object) => {
    const { content = '', thinking, tool_calls: calls = [] } = object.message ?? {}
    const reasoned = thinking === undefined ? [] : [reasoning(`rs_${id}`, thinking)]
    const said = calls.length > 0 ? calls.map((call, at) => callItem(call, `fc_${id}_${at}`)) : []
    const output = said.length > 0 ? said : [messageItem(messageId, content, 'completed')]
    return responseOf(request, {
      id,
      created_at: unixSeconds(object.created_at),
      completed_at: Math.floor(clock.wallMs() / 1000),
      status: 'completed',
      output: [...reasoned, ...output],
      usage: usageOf(object),
    })
  })
}

/** One response, as a stream of numbered events; an error in it tells nothing, and the end has no mark then. */
export class ResponseStreamVoice implements Voice {
  readonly wholeType = sseType
  readonly streamHeaders = [
    ['Cache-Control', 'no-cache'],
    ['Connection', 'keep-alive'],
    ['Content-Type', sseType],
  ] as const
  readonly #request: ResponsesRequest
  readonly #clock: Clock
  readonly #id = numberedId('resp_', idsBelow)
  readonly #messageId = numberedId('msg_', idsBelow)
  readonly #thoughtId = numberedId('rs_', idsBelow)
  readonly #calls: object[] = []
  #number = 0
  #index = 0
  #text = ''
  #thought = ''
  #isThinking = false

  constructor(request: ResponsesRequest, clock: Clock) {
    this.#request = request
    this.#clock = clock
  }

  whole(object: NativeObject): string {
    return this.piece(object)
  }

  piece(object: NativeObject): string {
    const { content = '', thinking = '', tool_calls: calls = [] } = object.message ?? {}
    let told = this.#number === 0 ? this.#begin() : ''
    if (thinking !== '') told += this.#think(thinking)
    if (calls.length > 0) told += this.#endThought() + this.#call(calls)
    else if (content !== '' && this.#calls.length === 0) told += this.#say(content)
    return object.done === true ? told + this.#end(object) : told
  }

  broken(): string {
    return ''
  }

  framed(text: string): string {
    return `data: ${text}\n\n`
  }

  #begin(): string {
    const response = this.#response('in_progress', [])
    const told = this.#event('response.created', { response })
    return told + this.#event('response.in_progress', { response })
  }

  #think(delta: string): string {
    const item = { id: this.#thoughtId, type: 'reasoning', summary: [] }
    const added = this.#thought === '' ? this.#item('added', item) : ''
    this.#isThinking = true
    this.#thought += delta
    const where = { item_id: this.#thoughtId, output_index: this.#index, summary_index: 0 }
    return added + this.#event('response.reasoning_summary_text.delta', { ...where, delta })
  }

  #endThought(): string {
    if (!this.#isThinking) return ''
    this.#isThinking = false
    const where = { item_id: this.#thoughtId, output_index: this.#index, summary_index: 0 }
    const type = 'response.reasoning_summary_text.done'
    const told = this.#event(type, { ...where, text: this.#thought })
    const done = told + this.#item('done', reasoning(this.#thoughtId, this.#thought))
    this.#index++
    return done
  }

  #call(calls: readonly ToolCall[]): string {
    const told = calls.map((call, at) => {
      const id = `${numberedId('fc_', idsBelow)}_${at}`
      const given = goJson(call.function.arguments)
      const item = callItem(call, id)
      this.#calls.push(item)
      const where = { item_id: id, output_index: this.#index + at }
      const type = 'response.function_call_arguments'
      return [
        this.#item('added', { ...item, status: 'in_progress', arguments: '' }, at),
        this.#event(`${type}.delta`, { ...where, delta: given }),
        this.#event(`${type}.done`, { ...where, arguments: given }),
        this.#item('done', item, at),
      ].join('')
    })
    return told.join('')
  }

  #say(delta: string): string {
    let told = this.#endThought()
    const where = { item_id: this.#messageId, output_index: this.#index, content_index: 0 }
    if (this.#text === '') {
      const item = { ...messageItem(this.#messageId, '', 'in_progress'), content: [] }
      told += this.#item('added', item)
      told += this.#event('response.content_part.added', { ...where, part: textPart('') })
    }
    this.#text += delta
    return told + this.#event('response.output_text.delta', { ...where, delta, logprobs: [] })
  }

  #end(object: NativeObject): string {
    let told = this.#endThought()
    const message = messageItem(this.#messageId, this.#text, 'completed')
    const hasText = this.#text !== '' && this.#calls.length === 0
    if (hasText) {
      const where = { item_id: this.#messageId, output_index: this.#index, content_index: 0 }
      const text = { ...where, text: this.#text, logprobs: [] }
      told += this.#event('response.output_text.done', text)
      told += this.#event('response.content_part.done', { ...where, part: textPart(this.#text) })
      told += this.#item('done', message)
    }
    const thought = this.#thought === '' ? [] : [reasoning(this.#thoughtId, this.#thought)]
    const output = [...thought, ...this.#calls, ...(hasText ? [message] : [])]
    const response = {
      ...this.#response('completed', output.length > 0 ? output : null),
      completed_at: Math.floor(this.#clock.wallMs() / 1000),
      usage: usageOf(object),
    }
    return told + this.#event('response.completed', { response })
  }

  #item(change: 'added' | 'done', item: object, offset = 0): string {
    return this.#event(`response.output_item.${change}`, {
      output_index: this.#index + offset,
      item,
    })
  }

  #response(status: string, output: readonly object[] | null): object {
    return responseOf(this.#request, {
      id: this.#id,
      created_at: Math.floor(this.#clock.wallMs() / 1000),
      completed_at: null,
      status,
      output,
      usage: null,
    })
  }

  #event(type: string, fields: object): string {
    return event(type, sorted({ ...fields, type, sequence_number: this.#number++ }))
  }
}

interface Outcome {
  readonly id: string
  readonly created_at: number
  readonly completed_at: number | null
  readonly status: string
  readonly output: readonly object[] | null
  readonly usage: object | null
}

/** A response with what it echoes of its request, in the order of Ollama's struct. */
function responseOf(request: ResponsesRequest, outcome: Outcome): object {
  return {
    id: outcome.id,
    object: 'response',
    created_at: outcome.created_at,
    completed_at: outcome.completed_at,
    status: outcome.status,
    incomplete_details: null,
    model: request.model ?? '',
    previous_response_id: null,
    instructions: request.instructions || null,
    output: outcome.output,
    error: null,
    tools: (request.tools ?? []).map(toolOf),
    tool_choice: 'auto',
    truncation: request.truncation ?? 'disabled',
    parallel_tool_calls: true,
    text: { format: formatOf(request) },
    top_p: request.top_p ?? 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    top_logprobs: 0,
    temperature: request.temperature ?? 1,
    reasoning: reasoningAsked(request),
    usage: outcome.usage,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: null,
    store: false,
    background: request.background ?? false,
    service_tier: 'default',
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  }
}

function toolOf(tool: NonNullable<ResponsesRequest['tools']>[number]): object {
  const { type = '', name = '', description = null, strict = null, parameters = null } = tool
  return { type, name, description, strict, parameters: sorted(parameters) }
}

function formatOf({ text }: ResponsesRequest): object {
  const format = text?.['format']
  if (!isRecord(format)) return { type: 'text' }
  const { type, name, schema, strict } = format
  return { type, name, schema: schema === undefined ? undefined : new AsSent(schema), strict }
}

function reasoningAsked({ reasoning }: ResponsesRequest): object | null {
  const { effort, summary } = reasoning ?? {}
  return effort || summary ? { effort, summary } : null
}

function reasoning(id: string, text: string): object {
  const summary = [{ type: 'summary_text', text }]
  return { id, type: 'reasoning', summary, encrypted_content: text }
}

function messageItem(id: string, text: string, status: string): object {
  return { id, type: 'message', status, role: 'assistant', content: [textPart(text)] }
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

function callItem({ id: callId, function: made }: ToolCall, id: string): object {
  const given = goJson(made.arguments)
  const start = { id, type: 'function_call', status: 'completed', call_id: callId }
  return { ...start, name: made.name, arguments: given }
}

function usageOf({ prompt_eval_count: input = 0, eval_count: output = 0 }: NativeObject): object {
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  }
}
