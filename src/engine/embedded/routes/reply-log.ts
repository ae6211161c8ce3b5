/** What of a reply is shown when: at once, or all of it at the end. */
import { systemRandom } from '../../../sys/random.ts'
import type { ToolCall } from '../../../wire/ollama/requests.ts'
import type { Logprob } from '../../../wire/ollama/responses.ts'
import type { FoundCall, ReplyPart, ReplyTaker, ThoughtSplitter } from '../../reply/index.ts'
import type { ShownPart } from './respond.ts'

/** Shows a part that goes out at once. */
type Show = (part: ShownPart, logprobs: readonly Logprob[]) => void

/**
 * Log probabilities go out at once, in a line of their own while a call is held back. Source: Ollama server/routes.go,
 * ChatHandler and GenerateHandler.
 */
export class ReplyLog {
  readonly #reader: ReplyTaker
  readonly #show: Show | undefined
  readonly #tellsTags: boolean
  readonly #texts: string[] = []
  readonly #waiting: ShownPart[] = []
  #logprobs: Logprob[] = []
  #calls = 0

  /** Without `show` all parts wait for the end. `tellsTags`: log probabilities of a thought's tags count; a chat has none. */
  constructor(reader: ReplyTaker, show: Show | undefined, { tellsTags }: { tellsTags: boolean }) {
    this.#reader = reader
    this.#show = show
    this.#tellsTags = tellsTags
  }

  /** All that the model said, tags and calls included. */
  get text(): string {
    return this.#texts.join('')
  }

  add(text: string, logprobs: readonly Logprob[]): void {
    this.#texts.push(text)
    this.#keep(this.#reader.push(text), logprobs)
  }

  #keep(read: ReplyPart, logprobs: readonly Logprob[]): void {
    if (read.isTag && !this.#tellsTags) return
    this.#logprobs.push(...logprobs)
    const parts = this.#numbered(read)
    if (parts.length === 0 && this.#logprobs.length > 0) parts.push(nothingShown)
    for (const part of parts) {
      if (this.#show === undefined) this.#waiting.push(part)
      else {
        this.#show(part, this.#logprobs)
        this.#logprobs = []
      }
    }
  }

  /** Shows the thought in a piece and drops the rest; true when there was a rest. */
  addThought(splitter: ThoughtSplitter, piece: string, logprobs: readonly Logprob[]): boolean {
    this.#texts.push(piece)
    const { thinking, text } = splitter.push(piece)
    const isTag = thinking === '' && text === '' && { isTag: true as const }
    this.#keep({ thinking, text: '', calls: [], ...isTag }, logprobs)
    return text !== ''
  }

  /** What was said, as it counts from here on. */
  restart(text: string): void {
    this.#texts.splice(0, this.#texts.length, text)
  }

  /** What has not been shown, as one part. `logprobs`: those that went with no text. */
  finish(logprobs: readonly Logprob[]): { part: ShownPart; logprobs: readonly Logprob[] } {
    const parts = [...this.#waiting, ...this.#numbered(this.#reader.finish())]
    const part = {
      text: parts.map(({ text }) => text).join(''),
      thinking: parts.map(({ thinking }) => thinking).join(''),
      toolCalls: parts.flatMap(({ toolCalls }) => toolCalls),
    }
    return { part, logprobs: [...this.#logprobs, ...logprobs] }
  }

  /** Text and calls of one part go out one after the other, as clients of Ollama know them. */
  #numbered({ thinking, text, calls }: ReplyPart): ShownPart[] {
    const toolCalls = calls.map((call) => this.#callOf(call))
    if (toolCalls.length === 0)
      return thinking === '' && text === '' ? [] : [{ thinking, text, toolCalls }]
    if (text === '') return [{ thinking, text, toolCalls }]
    return [
      { thinking, text, toolCalls: [] },
      { thinking: '', text: '', toolCalls },
    ]
  }

  #callOf({ name, arguments: args }: FoundCall): ToolCall {
    return { id: callId(), function: { index: this.#calls++, name, arguments: args } }
  }
}

const nothingShown: ShownPart = { text: '', thinking: '', toolCalls: [] }

/** Letters and digits of an id. Source: Ollama server/routes.go, toolCallId. */
const idLetters = 'abcdefghijklmnopqrstuvwxyz0123456789'
const idLength = 8

function callId(): string {
  const letter = () => idLetters.charAt(Math.floor(systemRandom.number() * idLetters.length))
  return `call_${Array.from({ length: idLength }, letter).join('')}`
}
