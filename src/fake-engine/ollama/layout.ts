/** Prompts, in the layouts of the models that the recorded answers come from. */
import { answerHeader, tokensOf } from './babble.ts'
import { Failure, texts } from './failure.ts'
import type { FakeModel, Layout } from './options.ts'
import type { ChatRequest, GenerateRequest } from './requests.ts'
import { callsText, toolsTurn } from './tool-text.ts'

export interface Turn {
  readonly role: string
  readonly content: string
}

/** Whether the thinking part is opened, closed at once, or not mentioned. */
export type Thinking = 'open' | 'closed' | 'absent'

/** Lays out a conversation, dropping old turns until it fits the context; the system's turns and the last one stay. */
export function layOutChat(
  model: FakeModel,
  { messages = [], tools = [] }: ChatRequest,
  thinking: Thinking,
  contextTokens: number,
): { prompt: string; imageCount: number } {
  const own = (model.messages ?? []).map((turn) => ({ ...turn }))
  const layout = model.layout ?? 'chat'
  const asked = messages.map(({ role = '', content = '', images = [], ...rest }) => ({
    role: role.toLowerCase(),
    content: thoughtText(layout, rest.thinking) + content + callsText(rest.tool_calls),
    imageCount: images.length,
  }))
  const system =
    model.system === undefined || asked[0]?.role === 'system' ? [] : [systemTurn(model.system)]
  let imageCount = 0
  const numbered = asked.map(({ role, content, imageCount: count }) => {
    const marks = Array.from({ length: count }, () => `[img-${imageCount++}]`).join('')
    return { role, content: marks + content }
  })
  let turns: Turn[] = [...system, ...own, ...numbered]
  const first = toolsTurn(tools)
  for (;;) {
    const prompt = first + write(layout, turns, thinking)
    const oldest = turns.findIndex(({ role }, at) => role !== 'system' && at < turns.length - 1)
    if (tokensOf(prompt).length <= contextTokens || oldest < 0) return { prompt, imageCount }
    turns = turns.filter((_, at) => at !== oldest)
  }
}

/** A thought that an earlier answer came with; other layouts do not write it. */
function thoughtText(layout: Layout, thought = ''): string {
  return layout === 'chat-think' && thought !== '' ? `<think>${thought}</think>` : ''
}

/** Lays out a generate request. Throws a 500 for a template that does not parse. */
export function layOutGenerate(
  model: FakeModel,
  request: GenerateRequest,
  thinking: Thinking,
): string {
  const { prompt = '', suffix = '', template, images = [] } = request
  const system = request.system || model.system // an empty one is as good as none
  if (request.raw === true) return prompt
  const marks = images.map((_, at) => `[img-${at}]`).join('')
  if (template !== undefined && template !== '') return fill(template, prompt, system ?? '')
  const layout = model.layout ?? 'chat'
  if (layout === 'plain' || layout === 'insert') {
    return suffix === '' ? marks + prompt : `<PRE>${prompt}<SUF>${suffix}<MID>`
  }
  const first = system === undefined || system === '' ? [] : [systemTurn(system)]
  const turns = [...first, ...(model.messages ?? []), { role: 'user', content: marks + prompt }]
  return write(layout, turns, thinking)
}

/** Cuts a prompt that is longer than the context, or refuses it under `truncate: false`. */
export function fit(prompt: string, contextTokens: number, mayTruncate: boolean): string {
  const tokens = tokensOf(prompt)
  if (tokens.length <= contextTokens) return prompt
  if (!mayTruncate) throw new Failure(400, texts.inputTooLong)
  return tokens.slice(0, 4).join('') + tokens.slice(tokens.length - contextTokens + 4).join('')
}

function write(layout: Layout, turns: readonly Turn[], thinking: Thinking): string {
  const merged: Turn[] = []
  for (const turn of turns) {
    const last = merged.at(-1)
    if (last?.role !== turn.role) merged.push(turn)
    else
      merged[merged.length - 1] = { role: turn.role, content: `${last.content}\n\n${turn.content}` }
  }
  if (layout === 'plain' || layout === 'insert')
    return merged.map(({ content }) => content).join('')
  const isOpen = layout === 'chat-open' && merged.at(-1)?.role === 'assistant'
  const written = merged.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`)
  if (isOpen) return written.join('').slice(0, -'<|im_end|>\n'.length)
  const thought = { open: '<think>', closed: '<think></think>', absent: '' }[thinking]
  return written.join('') + answerHeader + (layout === 'chat-think' ? thought : '')
}

/** Puts prompt and system into a template of the request's own, the only two things that the fake can replace. */
function fill(template: string, prompt: string, system: string): string {
  if (template.lastIndexOf('{{') > template.lastIndexOf('}}')) {
    throw new Failure(500, 'template: :1: unclosed action')
  }
  const unknown = /\{\{-?\s*(?!if\b|end\b|else\b|range\b)([a-z]\w*)/.exec(template)?.[1]
  if (unknown !== undefined)
    throw new Failure(500, `template: :1: function "${unknown}" not defined`)
  return template
    .replace(/\{\{-?\s*\.Prompt\s*-?\}\}/g, () => prompt)
    .replace(/\{\{-?\s*\.System\s*-?\}\}/g, () => system)
}

function systemTurn(content: string): Turn {
  return { role: 'system', content }
}
