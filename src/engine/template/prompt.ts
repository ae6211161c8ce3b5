/** From a chat or prompt to the text the model reads. Source: ollama/ollama template/template.go, Execute and collate. */
import type { GoTemplate } from './ast.ts'
import { Budget } from './budget.ts'
import { execute } from './executor.ts'
import { invalidTemplate } from './failure.ts'
import { messagesOf, type PromptInput, type PromptMessage } from './input.ts'
import { limits } from './limits.ts'
import { toMessageList } from './message-value.ts'
import { cutAfterResponse } from './response-cut.ts'
import { toToolList } from './tool-value.ts'
import { toDictionary, type Value } from './value.ts'

/**
 * Renders the prompt. With prompt and suffix the template sees these two; a template that names `.Messages` sees the
 * whole chat; any other is rendered once per turn with `.System`, `.Prompt` and `.Response`, and cut behind the last
 * `.Response`, where the model continues. Throws `OD_TEMPLATE_INVALID`.
 */
export function renderPrompt(template: GoTemplate, input: PromptInput): string {
  const thinking = {
    Think: input.think ?? false,
    ThinkLevel: input.thinkLevel ?? '',
    IsThinkSet: input.isThinkSet ?? false,
  }
  const context = { today: input.currentDate, budget: new Budget('go') }
  const render = (part: GoTemplate, data: Readonly<Record<string, Value>>): string =>
    execute(part, toData({ ...data, ...thinking }), context)
  if (input.prompt && input.suffix) {
    return render(template, { Prompt: input.prompt, Suffix: input.suffix, Response: '' })
  }
  const { system, messages } = collate(messagesOf(input))
  if (!template.variables.has('messages')) return renderTurns(template, messages, render)
  return render(template, {
    System: system,
    Messages: toMessageList(messages),
    Tools: toToolList(input.tools),
    Response: '',
  })
}

function toData(fields: Readonly<Record<string, Value>>): Value {
  return toDictionary('map[string]interface {}', Object.entries(fields))
}

/**
 * Neighbours of one role become one message with a blank line between, but tool results stay apart. System messages
 * keep their places and are gathered as well.
 */
function collate(messages: readonly PromptMessage[]): {
  system: string
  messages: readonly PromptMessage[]
} {
  const collated: PromptMessage[] = []
  for (const message of messages) {
    const last = collated.at(-1)
    if (last?.role === message.role && message.role !== 'tool') {
      const content = `${last.content}\n\n${message.content}`
      collated[collated.length - 1] = { ...last, content }
    } else collated.push(message)
  }
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  return { system: system.join('\n\n'), messages: collated }
}

interface Turn {
  readonly System: string
  readonly Prompt: string
  readonly Response: string
}

const emptyTurn: Turn = { System: '', Prompt: '', Response: '' }

/**
 * A turn is complete when a user or system message follows an answer, or a system message a prompt. The last one is cut;
 * there Ollama forgets its functions and named templates, which we keep.
 */
function renderTurns(
  template: GoTemplate,
  messages: readonly PromptMessage[],
  render: (template: GoTemplate, data: Readonly<Record<string, Value>>) => string,
): string {
  let turn = emptyTurn
  let text = ''
  const add = (more: string): void => {
    text += more
    if (text.length > limits.outputCharsMax) {
      throw invalidTemplate(`template: output longer than ${limits.outputCharsMax} characters`)
    }
  }
  for (const { role, content } of messages) {
    const startsTurn = role === 'user' || role === 'system'
    if (startsTurn && (turn.Response !== '' || (role === 'system' && turn.Prompt !== ''))) {
      add(render(template, { ...turn }))
      turn = emptyTurn
    }
    if (role === 'system') turn = { ...turn, System: content }
    else if (role === 'user') turn = { ...turn, Prompt: content }
    else if (role === 'assistant') turn = { ...turn, Response: content }
  }
  add(render({ ...template, root: cutAfterResponse(template.root) }, { ...turn }))
  return text
}
