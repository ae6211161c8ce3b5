/** What a prompt is made of. Names are ours; in templates they are Go's (`toolCalls` is `.ToolCalls`). */
export interface PromptInput {
  readonly system?: string
  readonly prompt?: string
  /** With a prompt: fill in between the two. System and messages are then not used. */
  readonly suffix?: string
  /** The beginning of the answer, to be continued. */
  readonly response?: string
  /** The chat. Without it, system, prompt and response make one. */
  readonly messages?: readonly PromptMessage[]
  readonly tools?: readonly unknown[]
  readonly think?: boolean
  /** `low`, `medium`, `high` or `max`. */
  readonly thinkLevel?: string
  /** True when the caller said whether to think, either way. */
  readonly isThinkSet?: boolean
  /** Today as YYYY-MM-DD, for templates that ask for it; they fail without it. */
  readonly currentDate?: string
}

/** One message of a chat. */
export interface PromptMessage {
  readonly role: string
  readonly content: string
  readonly thinking?: string
  readonly toolCalls?: readonly PromptToolCall[]
  readonly toolName?: string
  readonly toolCallId?: string
  /** Only their number reaches a template; their places in the text are the caller's work. */
  readonly images?: readonly unknown[]
}

/** A call that the model made in an earlier turn. */
export interface PromptToolCall {
  readonly id?: string
  readonly function: {
    readonly name: string
    readonly arguments: Readonly<Record<string, unknown>>
    readonly index?: number
  }
}

/** The messages of the input: its own, or one turn made of system, prompt and response. */
export function messagesOf(input: PromptInput): readonly PromptMessage[] {
  if (input.messages !== undefined) return input.messages
  const turn: PromptMessage[] = []
  if (input.system) turn.push({ role: 'system', content: input.system })
  if (input.prompt) turn.push({ role: 'user', content: input.prompt })
  if (input.response) turn.push({ role: 'assistant', content: input.response })
  return turn
}
