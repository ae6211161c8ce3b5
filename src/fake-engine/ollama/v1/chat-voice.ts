/** Answers of `/v1/chat/completions`. */
import type { Clock } from '../../../sys/clock.ts'
import { goJson } from '../json-encode.ts'
import type { NativeObject, Voice } from '../voice.ts'
import {
  data,
  numberedId,
  openAiCalls,
  sseType,
  unixSeconds,
  usageOf,
  wholeVoice,
} from './openai-words.ts'

/** One chat completion, as a whole. */
export function wholeChatVoice(): Voice {
  const id = numberedId('chatcmpl-', 999)
  return wholeVoice((object) => completion(id, object))
}

/** One chat completion, as a stream; an error in it is an empty chunk, and the end has no mark then. */
export class ChatStreamVoice implements Voice {
  readonly wholeType = sseType
  readonly streamHeaders = [['Content-Type', sseType]] as const
  readonly #id = numberedId('chatcmpl-', 999)
  readonly #tellsUsage: boolean
  readonly #clock: Clock
  #hasCalled = false

  constructor(tellsUsage: boolean, clock: Clock) {
    this.#tellsUsage = tellsUsage
    this.#clock = clock
  }

  whole(object: NativeObject): string {
    return this.piece(object)
  }

  piece(object: NativeObject): string {
    const calls = openAiCalls(object.message?.tool_calls)
    this.#hasCalled ||= calls !== undefined
    const { content = '', thinking: reasoning } = object.message ?? {}
    const delta = { role: 'assistant', content, reasoning, tool_calls: calls }
    const reason = object.done_reason === undefined || !this.#hasCalled ? undefined : 'tool_calls'
    const finish = reason ?? object.done_reason ?? null
    const said = data(this.#chunk(object, [{ index: 0, delta, finish_reason: finish }]))
    if (object.done !== true) return said
    const usage = this.#tellsUsage ? data(this.#chunk(object, [], usageOf(object))) : ''
    return said + usage + data('[DONE]')
  }

  broken(): string {
    return this.piece({})
  }

  framed(text: string): string {
    return data(text)
  }

  #chunk({ model = '' }: NativeObject, choices: object[], usage?: object): string {
    return goJson({
      id: this.#id,
      object: 'chat.completion.chunk',
      created: Math.floor(this.#clock.wallMs() / 1000),
      model,
      system_fingerprint: 'fp_ollama',
      choices,
      usage,
    })
  }
}

function completion(id: string, object: NativeObject): object {
  const { role = '', content = '', thinking: reasoning, tool_calls: calls } = object.message ?? {}
  const told = openAiCalls(calls)
  const reason = told === undefined ? object.done_reason : 'tool_calls'
  const message = { role, content, reasoning, tool_calls: told }
  return {
    id,
    object: 'chat.completion',
    created: unixSeconds(object.created_at),
    model: object.model ?? '',
    system_fingerprint: 'fp_ollama',
    choices: [{ index: 0, message, finish_reason: reason ?? null }],
    usage: usageOf(object),
    _debug_info: object._debug_info,
  }
}
