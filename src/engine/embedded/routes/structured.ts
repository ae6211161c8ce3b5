/** An answer in a given form from a model that thinks first: the form binds what comes behind the thought. */

import type { ThoughtSplitter } from '../../reply/index.ts'
import type { Runner } from '../../runner/index.ts'
import { type CompletionEnd, type CompletionInput, complete } from '../completion.ts'
import type { ReplyLog } from './reply-log.ts'

/**
 * Lets the model think freely, then goes on from its thought with the grammar. Ollama renders the chat anew with the thought
 * in it; many templates close the turn there, so here the prompt simply goes on. `goOn` makes the input for what was said so
 * far. Rejects as `complete` does. Source: Ollama server/routes.go, ChatHandler, structured outputs.
 */
export async function completeAfterThought(options: {
  runner: Runner
  input: CompletionInput
  signal: AbortSignal
  reply: ReplyLog
  splitter: ThoughtSplitter
  closeTag: string
  goOn: (said: string) => Promise<CompletionInput>
}): Promise<CompletionEnd> {
  const { runner, input, signal, reply, splitter, closeTag } = options
  const { grammar: _, ...sampling } = input.sampling
  const free = { ...input, sampling }
  const thought = await complete(runner, free, signal, (text, logprobs) =>
    reply.addThought(splitter, text, logprobs),
  )
  if (thought.reason === 'length') return thought
  const said = thoughtIn(reply.text, splitter, closeTag)
  splitter.close()
  reply.restart(said)
  const next = await options.goOn(said)
  const { madeTokens, madeMs, promptTokens, promptMs } = thought.counters
  const bound = { ...next, tokensMax: Math.max(1, next.tokensMax - madeTokens) }
  const end = await complete(runner, bound, signal, (text, logprobs) => {
    reply.add(text, logprobs)
    return false
  })
  const { counters } = end
  return {
    ...end,
    counters: {
      ...counters,
      promptTokens,
      promptMs: promptMs + counters.promptMs,
      madeTokens: madeTokens + counters.madeTokens,
      madeMs: madeMs + counters.madeMs,
    },
  }
}

/** The thought with both its tags, as it was said; empty when there was none. */
function thoughtIn(said: string, splitter: ThoughtSplitter, closeTag: string): string {
  if (!splitter.hasThought) return ''
  const end = said.indexOf(closeTag)
  return end < 0 ? said + closeTag : said.slice(0, end + closeTag.length)
}
