/** Takes calls of tools out of what a model says, as Ollama's parser does. */
import type { Ending, Piece } from './generation.ts'
import type { ChatRequest } from './requests.ts'
import { callIn } from './script.ts'
import type { ToolCall } from './voice.ts'

type Answer = AsyncGenerator<Piece, Ending, undefined>

/** The same answer; text that may become a call is held back until it is one, or the answer ends. */
export async function* findCalls(
  source: Answer,
  tools: NonNullable<ChatRequest['tools']>,
): AsyncGenerator<Piece, Ending, undefined> {
  let held = ''
  let tokens = 0
  let isFound = false
  let isPlain = tools.length === 0
  let next = await source.next()
  for (; next.done !== true; next = await source.next()) {
    if (next.value.type !== 'text' || isPlain) {
      yield next.value
      continue
    }
    held += next.value.text
    tokens += next.value.tokens
    const call: ToolCall | undefined = isFound ? undefined : callIn(held, tools)
    isPlain = !isFound && /^\s*[^\s{]/.test(held)
    if (call !== undefined) yield { type: 'call', text: '', tokens, call }
    else if (isPlain) yield { type: 'text', text: held, tokens }
    else continue
    isFound = call !== undefined
    tokens = 0
  }
  if (!isFound && !isPlain && held !== '') yield { type: 'text', text: held, tokens }
  return next.value
}
