import { encodeGoJson } from '../go-json/index.ts'
import { type ChatAnswer, readAnswer, type ToolCallAnswer } from '../ollama/read-answers.ts'
import { namedEvent } from '../translation.ts'
import { stopReasonOf } from './stop-reason.ts'

/** Events of one streamed message: blocks open and close in order. Source: Ollama anthropic/anthropic.go, Process. */
export class MessageEvents {
  readonly #id: string
  readonly #model: string
  readonly #estimatedTokens: number
  #events: string[] = []
  #hasStarted = false
  #index = 0
  /** The block that is open. */
  #open: 'thinking' | 'text' | undefined
  readonly #calls = new Set<string>()

  constructor(id: string, model: string, estimatedTokens: number) {
    this.#id = id
    this.#model = model
    this.#estimatedTokens = estimatedTokens
  }

  /** What one native line comes to. */
  line(line: string): string {
    const answer = readAnswer<ChatAnswer>(line)
    const { message: { thinking = '', content = '', tool_calls: calls = [] } = {} } = answer
    if (!this.#hasStarted) this.#start(answer)
    if (thinking !== '') {
      this.#openBlock('thinking', { type: 'thinking', thinking: '' })
      this.#delta({ type: 'thinking_delta', thinking })
    }
    if (content !== '') {
      this.#openBlock('text', { type: 'text', text: '' })
      this.#delta({ type: 'text_delta', text: content })
    }
    for (const call of calls) this.#call(call)
    if (answer.done === true) this.#finish(answer)
    return this.#take()
  }

  #start({ prompt_eval_count: promptTokens = 0 }: ChatAnswer): void {
    this.#hasStarted = true
    const usage = { input_tokens: promptTokens || this.#estimatedTokens, output_tokens: 0 }
    this.#add('message_start', {
      message: {
        id: this.#id,
        type: 'message',
        role: 'assistant',
        model: this.#model,
        content: [],
        usage,
      },
    })
  }

  #call({ id = '', function: called }: ToolCallAnswer): void {
    if (this.#calls.has(id)) return
    if (this.#open !== undefined) this.#closeBlock()
    const block = { type: 'tool_use', id, name: called.name, input: {} }
    this.#add('content_block_start', { index: this.#index, content_block: block })
    this.#delta({ type: 'input_json_delta', partial_json: encodeGoJson(called.arguments ?? {}) })
    this.#closeBlock()
    this.#calls.add(id)
  }

  #finish(answer: ChatAnswer): void {
    if (this.#open !== undefined) this.#closeBlock()
    const { done_reason: reason, prompt_eval_count: input = 0, eval_count: output = 0 } = answer
    this.#add('message_delta', {
      delta: { stop_reason: stopReasonOf(reason, this.#calls.size > 0) },
      usage: { input_tokens: input, output_tokens: output },
    })
    this.#add('message_stop', {})
  }

  #openBlock(kind: 'thinking' | 'text', block: object): void {
    if (this.#open === kind) return
    if (this.#open !== undefined) this.#closeBlock()
    this.#open = kind
    this.#add('content_block_start', { index: this.#index, content_block: block })
  }

  #closeBlock(): void {
    this.#add('content_block_stop', { index: this.#index++ })
    this.#open = undefined
  }

  #delta(delta: object): void {
    this.#add('content_block_delta', { index: this.#index, delta })
  }

  #add(type: string, data: object): void {
    this.#events.push(namedEvent(type, encodeGoJson({ type, ...data })))
  }

  #take(): string {
    const text = this.#events.join('')
    this.#events = []
    return text
  }
}
