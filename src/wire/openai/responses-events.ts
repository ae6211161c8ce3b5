import { responsesErrorFrame } from '../dialect-errors.ts'
import { encodeGoJson } from '../go-json/index.ts'
import { type ChatAnswer, readAnswer, type ToolCallAnswer } from '../ollama/read-answers.ts'
import { namedEvent, type TranslationPorts } from '../translation.ts'
import { callItem, idsMax, messageItem, reasoningItem } from './responses-items.ts'
import { responsesUsage, sortedKeys, streamedResponseObject } from './responses-object.ts'
import type { ResponsesRequest } from './responses-request.ts'

/** Events of one streamed response: items open and close in order. Source: Ollama openai/responses.go, Process. */
export class ResponsesEvents {
  readonly #request: ResponsesRequest
  readonly #ports: TranslationPorts
  readonly #id: string
  readonly #messageId: string
  #events: string[] = []
  #sequence = 0
  #outputIndex = 0
  #text: string | undefined
  #calls: object[] = []
  #thought: { readonly id: string; text: string; isOpen: boolean } | undefined

  constructor(request: ResponsesRequest, ports: TranslationPorts, id: string, messageId: string) {
    this.#request = request
    this.#ports = ports
    this.#id = id
    this.#messageId = messageId
  }

  /** What one native line comes to. */
  line(line: string): string {
    const answer = readAnswer<ChatAnswer>(line)
    const { message: { thinking = '', content = '', tool_calls: calls = [] } = {} } = answer
    if (this.#sequence === 0) {
      this.#add('response.created', { response: this.#response('in_progress', [], null) })
      this.#add('response.in_progress', { response: this.#response('in_progress', [], null) })
    }
    if (thinking !== '') this.#think(thinking)
    if (calls.length > 0) this.#call(calls)
    else if (content !== '' && this.#calls.length === 0) this.#say(content)
    if (answer.done === true) this.#complete(answer)
    return this.#take()
  }

  /** A failure in the midst; clients of OpenAI's raise it. */
  failure(message: string): string {
    return responsesErrorFrame({ status: 500, message, requestId: '' }, this.#sequence++)
  }

  #think(text: string): void {
    if (this.#thought === undefined) {
      const id = `rs_${this.#ports.randomInteger(idsMax)}`
      this.#thought = { id, text: '', isOpen: true }
      const item = { id, type: 'reasoning', summary: [] }
      this.#add('response.output_item.added', { output_index: this.#outputIndex, item })
    }
    this.#thought.text += text
    this.#add('response.reasoning_summary_text.delta', {
      item_id: this.#thought.id,
      output_index: this.#outputIndex,
      summary_index: 0,
      delta: text,
    })
  }

  #closeThought(): void {
    const thought = this.#thought
    if (thought?.isOpen !== true) return
    thought.isOpen = false
    this.#add('response.reasoning_summary_text.done', {
      item_id: thought.id,
      output_index: this.#outputIndex,
      summary_index: 0,
      text: thought.text,
    })
    const item = reasoningItem(thought.id, thought.text)
    this.#add('response.output_item.done', { output_index: this.#outputIndex, item })
    this.#outputIndex++
  }

  /** Ollama counts no index on behind calls, so those of a later line would share theirs: here each has its own. */
  #call(calls: readonly ToolCallAnswer[]): void {
    this.#closeThought()
    for (const [at, call] of calls.entries()) {
      const id = `fc_${this.#ports.randomInteger(idsMax)}_${at}`
      const place = { output_index: this.#outputIndex + this.#calls.length }
      const item = callItem(id, call)
      this.#calls.push(item)
      const opened = { ...item, status: 'in_progress', arguments: '' }
      this.#add('response.output_item.added', { ...place, item: opened })
      const argumentsText = encodeGoJson(call.function.arguments ?? {})
      this.#add('response.function_call_arguments.delta', {
        ...place,
        item_id: id,
        delta: argumentsText,
      })
      this.#add('response.function_call_arguments.done', {
        ...place,
        item_id: id,
        arguments: argumentsText,
      })
      this.#add('response.output_item.done', { ...place, item })
    }
  }

  #say(text: string): void {
    this.#closeThought()
    const place = this.#textPlace()
    if (this.#text === undefined) {
      this.#text = ''
      const item = { ...messageItem(this.#messageId, ''), status: 'in_progress', content: [] }
      this.#add('response.output_item.added', { output_index: this.#outputIndex, item })
      this.#add('response.content_part.added', { ...place, part: textPart('') })
    }
    this.#text += text
    this.#add('response.output_text.delta', { ...place, delta: text, logprobs: [] })
  }

  #complete(answer: ChatAnswer): void {
    this.#closeThought()
    const text = this.#text
    if (this.#calls.length === 0 && text !== undefined) {
      const place = this.#textPlace()
      this.#add('response.output_text.done', { ...place, text, logprobs: [] })
      this.#add('response.content_part.done', { ...place, part: textPart(text) })
      const item = messageItem(this.#messageId, text)
      this.#add('response.output_item.done', { output_index: this.#outputIndex, item })
    }
    const response = this.#response('completed', this.#output(), responsesUsage(answer))
    this.#add('response.completed', { response })
  }

  #output(): object[] {
    const thought = this.#thought
    const items: object[] = thought === undefined ? [] : [reasoningItem(thought.id, thought.text)]
    if (this.#calls.length > 0) items.push(...this.#calls)
    else if (this.#text !== undefined) items.push(messageItem(this.#messageId, this.#text))
    return items
  }

  #response(
    status: 'in_progress' | 'completed',
    output: readonly object[],
    usage: object | null,
  ): unknown {
    const now = Math.floor(this.#ports.wallMs() / 1000)
    const completedAt = status === 'completed' ? now : null
    return streamedResponseObject(this.#request, {
      id: this.#id,
      createdAt: now,
      completedAt,
      status,
      output,
      usage,
    })
  }

  #textPlace(): object {
    return { item_id: this.#messageId, output_index: this.#outputIndex, content_index: 0 }
  }

  #add(type: string, data: object): void {
    const sorted = sortedKeys({ ...data, type, sequence_number: this.#sequence++ })
    this.#events.push(namedEvent(type, encodeGoJson(sorted)))
  }

  #take(): string {
    const text = this.#events.join('')
    this.#events = []
    return text
  }
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}
