/** Whether a request lets its model think, and how the template and the reader of its answer hear of it. */
import { OdError } from '../../core/errors/index.ts'
import { parseModelName } from '../../core/model-name.ts'
import { goQuote } from '../../wire/go-json/index.ts'
import type { AnswerRequest, Think } from '../../wire/ollama/requests.ts'
import { ThoughtSplitter } from '../reply/index.ts'
import type { CallStyle, PromptInput, PromptMessage, ThoughtTags } from '../template/index.ts'
import type { InstalledModel } from './ports.ts'

/**
 * What holds for the request: a model that can think does so unless it is told not to. Throws `OD_MODEL_CANNOT` for one that
 * cannot and is told to; `relaxes` drops the wish instead. Source: Ollama server/routes.go, ChatHandler.
 */
export function effectiveThink(
  { think, model }: AnswerRequest,
  canThink: boolean,
  relaxes: boolean,
): Think | undefined {
  if (canThink) return think ?? true
  if (think === undefined || think === false) return think
  if (relaxes) return undefined
  throw new OdError('OD_MODEL_CANNOT', { model: goQuote(model), capability: 'thinking' })
}

/** gpt-oss knows three levels, and `max` is its highest. Source: Ollama server/routes.go, ChatHandler. */
export function levelFor(think: Think | undefined, style: CallStyle): Think | undefined {
  return style === 'harmony' && think === 'max' ? 'high' : think
}

/** As templates see it; plain `true` is the middle level. */
export function thinkInput(
  think: Think | undefined,
): Pick<PromptInput, 'think' | 'thinkLevel' | 'isThinkSet'> {
  if (think === undefined) return {}
  const level = think === true ? 'medium' : think
  return { isThinkSet: true, think: think !== false, thinkLevel: level || '' }
}

/** Parts thoughts from the answer to that prompt; undefined where there are none. */
export function splitterFor(
  think: Think | undefined,
  tags: ThoughtTags | undefined,
  promptText: string,
): ThoughtSplitter | undefined {
  if (!think || tags === undefined) return undefined
  return new ThoughtSplitter(tags, promptText.trim().endsWith(tags.open))
}

/**
 * Answers before the last question without the thoughts that an older client sends back within their text; for the families
 * that read them as text, as Ollama does it. Source: Ollama server/routes.go, filterThinkTags.
 */
export function withoutOldThoughts(
  messages: readonly PromptMessage[],
  { name, details }: Pick<InstalledModel, 'name' | 'details'>,
): PromptMessage[] {
  const isOfFamily = details.family === 'qwen3' || parseModelName(name)?.model === 'deepseek-r1'
  const lastQuestion = messages.findLastIndex(({ role }) => role === 'user')
  return messages.map((message, index) => {
    if (!isOfFamily || message.role !== 'assistant' || index >= lastQuestion) return message
    const splitter = new ThoughtSplitter({ open: '<think>', close: '</think>' }, false)
    return { ...message, content: splitter.push(message.content).text }
  })
}
