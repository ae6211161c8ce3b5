/** Chat templates out of GGUF files (`tokenizer.chat_template`), by the package that Hugging Face keeps for them. */
import { Environment, parse, tokenize } from '@huggingface/jinja'
import { isOdError } from '../../core/errors/index.ts'
import { Budget } from './budget.ts'
import { invalidTemplate } from './failure.ts'
import { messagesOf, type PromptInput, type PromptMessage } from './input.ts'
import { startMachine, type Variables } from './jinja-machine.ts'
import { limits } from './limits.ts'
import { formatDate } from './strftime.ts'
import { utf8Length } from './text.ts'

/** A prompt's input and what the model's file says of its tokens. */
export interface JinjaInput extends PromptInput {
  /** Texts of the model's special tokens; empty when it has none. */
  readonly bosToken: string
  readonly eosToken: string
}

/**
 * Renders a chat template with `messages`, `tools`, `add_generation_prompt`, `bos_token` and `eos_token`. A last
 * assistant message is left open for the model to continue, as llama.cpp does it. Throws `OD_TEMPLATE_INVALID`, also
 * for what the template itself refuses (`raise_exception`).
 */
export function renderJinja(source: string, input: JinjaInput): string {
  if (utf8Length(source) > limits.sourceBytesMax) {
    throw invalidTemplate(`template: source exceeds ${limits.sourceBytesMax} bytes`)
  }
  const messages = messagesOf(input)
  const last = messages.at(-1)
  const open = last?.role === 'assistant' && !last.toolCalls?.length ? last : undefined
  const closed = open === undefined ? messages : messages.slice(0, -1)
  const budget = new Budget('jinja')
  const end = open?.content ?? ''
  try {
    const program = parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }))
    const render = (tools: readonly unknown[] | null): string =>
      String(startMachine(toEnvironment(input, closed, tools), budget).run(program).value) + end
    if (input.tools?.length) return render(input.tools)
    try {
      return render(null)
    } catch (error) {
      // Some templates walk the tools without asking whether there are any
      if (isOdError(error) || !asksForList(error)) throw error
      return render([])
    }
  } catch (error) {
    if (isOdError(error)) throw error
    // The package throws plain errors, and a RangeError for what is nested too deep: all mean that it cannot be rendered.
    throw invalidTemplate(`template: ${error instanceof Error ? error.message : 'failed'}`, error)
  }
}

/** True when the package met nothing where it was to walk a list. */
function asksForList(error: unknown): boolean {
  return error instanceof Error && /NullValue/.test(error.message)
}

function toEnvironment(
  input: JinjaInput,
  messages: readonly PromptMessage[],
  tools: readonly unknown[] | null,
): Variables {
  const environment: Variables = new Environment()
  const { isThinkSet, think, thinkLevel, currentDate } = input
  const variables: Readonly<Record<string, unknown>> = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: refuse,
    range: boundedRange,
    strftime_now: (format: unknown) => formatDate(currentDate, String(format)),
    messages: messages.map(toJinjaMessage),
    tools,
    add_generation_prompt: true,
    bos_token: input.bosToken,
    eos_token: input.eosToken,
    ...(isThinkSet && { enable_thinking: think === true, thinking: think === true }),
    ...(thinkLevel && { reasoning_effort: thinkLevel }),
  }
  for (const [name, value] of Object.entries(variables)) environment.set(name, value)
  return environment
}

function refuse(reason: unknown): never {
  throw new Error(String(reason))
}

/** Python's `range`, bounded: a list is made of it at once. */
function boundedRange(...bounds: unknown[]): number[] {
  const [first = 0, second, third] = bounds.filter((bound) => typeof bound === 'number')
  const [from, to] = second === undefined ? [0, first] : [first, second]
  const step = third ?? 1
  const length = Math.max(0, Math.ceil((to - from) / step))
  if (step === 0) throw new Error('range() step must not be zero')
  if (!(length <= limits.listLengthMax)) {
    throw new Error(`range() is longer than ${limits.listLengthMax}`)
  }
  return Array.from({ length }, (_, i) => from + i * step)
}

/** The names that chat templates expect; what is not there is absent and not empty. */
function toJinjaMessage(message: PromptMessage): Readonly<Record<string, unknown>> {
  const { role, content, thinking, toolCalls, toolName, toolCallId } = message
  const calls = toolCalls?.map(({ id, function: called }) => ({
    ...(id && { id }),
    type: 'function',
    function: { name: called.name, arguments: called.arguments },
  }))
  return {
    role,
    content,
    ...(thinking && { reasoning_content: thinking, thinking }),
    ...(calls?.length && { tool_calls: calls }),
    ...(toolName && { name: toolName }),
    ...(toolCallId && { tool_call_id: toolCallId }),
  }
}
