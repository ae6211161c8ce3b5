/** Answers of `/v1/messages`. */
import { randomBytes } from 'node:crypto'
import { goJson } from '../json-encode.ts'
import type { ErrorWording, NativeObject, ToolCall, Voice } from '../voice.ts'
import { event, sseType, wholeVoice } from './openai-words.ts'

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
}

export const anthropicErrors: ErrorWording = {
  type: 'application/json',
  body: (status, message) => {
    const type = errorTypes[status] ?? 'api_error'
    const value = { type: 'error', error: { type, message }, request_id: hexId('req_') }
    return `${goJson(value)}\n`
  },
}

export function wholeMessageVoice(): Voice {
  const id = hexId('msg_')
  return wholeVoice((object) => {
    const { content = '', thinking = '', tool_calls: calls = [] } = object.message ?? {}
    const blocks = [
      ...(thinking === '' ? [] : [{ type: 'thinking', thinking }]),
      ...(content === '' ? [] : [{ type: 'text', text: content }]),
      ...calls.map((call) => ({ ...toolUse(call), input: call.function.arguments })),
    ]
    const said = blocks.length > 0 ? blocks : null
    const reason = stopReason(object, calls.length > 0)
    const start = { id, type: 'message', role: 'assistant', model: object.model ?? '' }
    return { ...start, content: said, stop_reason: reason, usage: usageOf(object) }
  })
}

type BlockKind = 'thinking' | 'text'

/** One message, as a stream of blocks; an error in it tells nothing, and the end has no mark then. */
export class MessageStreamVoice implements Voice {
  readonly wholeType = sseType
  readonly streamHeaders = [
    ['Cache-Control', 'no-cache'],
    ['Connection', 'keep-alive'],
    ['Content-Type', sseType],
  ] as const
  readonly #id = hexId('msg_')
  readonly #model: string
  readonly #estimatedTokens: number
  #hasBegun = false
  #hasCalled = false
  #index = 0
  #open: BlockKind | undefined

  constructor(model: string, estimatedTokens: number) {
    this.#model = model
    this.#estimatedTokens = estimatedTokens
  }

  whole(object: NativeObject): string {
    return this.piece(object)
  }

  piece(object: NativeObject): string {
    const { content = '', thinking = '', tool_calls: calls = [] } = object.message ?? {}
    let told = this.#begin(object.prompt_eval_count)
    if (thinking !== '') {
      told += this.#enter('thinking') + this.#delta({ type: 'thinking_delta', thinking })
    }
    if (content !== '') {
      told += this.#enter('text') + this.#delta({ type: 'text_delta', text: content })
    }
    for (const call of calls) told += this.#leave() + this.#call(call)
    return object.done === true ? told + this.#end(object) : told
  }

  broken(): string {
    return ''
  }

  framed(text: string): string {
    return `data: ${text}\n\n`
  }

  #begin(promptTokens: number | undefined): string {
    if (this.#hasBegun) return ''
    this.#hasBegun = true
    const usage = { input_tokens: promptTokens ?? this.#estimatedTokens, output_tokens: 0 }
    const start = { id: this.#id, type: 'message', role: 'assistant', model: this.#model }
    return typed('message_start', { message: { ...start, content: [], usage } })
  }

  #enter(kind: BlockKind): string {
    if (this.#open === kind) return ''
    const left = this.#leave()
    this.#open = kind
    return (
      left + typed('content_block_start', this.#at({ content_block: { type: kind, [kind]: '' } }))
    )
  }

  #leave(): string {
    if (this.#open === undefined) return ''
    this.#open = undefined
    return this.#stop()
  }

  #call(call: ToolCall): string {
    this.#hasCalled = true
    const started = typed(
      'content_block_start',
      this.#at({ content_block: { ...toolUse(call), input: {} } }),
    )
    const given = goJson(call.function.arguments)
    return started + this.#delta({ type: 'input_json_delta', partial_json: given }) + this.#stop()
  }

  #delta(delta: object): string {
    return typed('content_block_delta', this.#at({ delta }))
  }

  #stop(): string {
    const told = typed('content_block_stop', this.#at({}))
    this.#index++
    return told
  }

  #at(more: object): object {
    return { index: this.#index, ...more }
  }

  #end(object: NativeObject): string {
    const delta = { stop_reason: stopReason(object, this.#hasCalled) }
    const counted = typed('message_delta', { delta, usage: usageOf(object) })
    return this.#leave() + counted + typed('message_stop', {})
  }
}

function typed(type: string, more: object): string {
  return event(type, { type, ...more })
}

function toolUse({ id, function: { name } }: ToolCall): object {
  return { type: 'tool_use', id, name }
}

function stopReason({ done_reason: reason }: NativeObject, hasCalled: boolean): string | undefined {
  if (hasCalled) return 'tool_use'
  if (reason === undefined || reason === '') return undefined
  return { stop: 'end_turn', length: 'max_tokens' }[reason] ?? 'stop_sequence'
}

function usageOf({ prompt_eval_count: input = 0, eval_count: output = 0 }: NativeObject): object {
  return { input_tokens: input, output_tokens: output }
}

function hexId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex')
}
