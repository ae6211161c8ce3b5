/** An answer in a given form from a model that thinks first: the form binds what comes behind the thought. */

import type { ThoughtSplitter } from '../../reply/index.ts'
import type { Runner } from '../../runner/index.ts'
import { type CompletionEnd, type CompletionInput, complete } from '../completion.ts'
import { formBegins, type TokenTrail } from '../token-trail.ts'
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
  trail: TokenTrail | undefined
}): Promise<CompletionEnd> {
  const { runner, input, signal, reply, splitter, closeTag, trail } = options
  const { grammar: _, ...sampling } = input.sampling
  const { thoughtTokens, formTokens } = partedTokens(trail)
  let left = formTokens === undefined ? Number.POSITIVE_INFINITY : thoughtTokens.length
  const thought =
    left === 0
      ? saidNothing(input)
      : await complete(
          runner,
          withMade({ ...input, sampling }, thoughtTokens),
          signal,
          (text, logprobs) => reply.addThought(splitter, text, logprobs),
          (token) => {
            trail?.heard(token)
            return --left <= 0 // it is known that the thought ended here
          },
        )
  if (thought.reason === 'length') return thought
  const said = thoughtIn(reply.text, splitter, closeTag)
  splitter.close()
  trail?.heard(formBegins)
  reply.restart(said)
  const next = await options.goOn(said)
  const { madeTokens, madeMs, promptTokens, promptMs } = thought.counters
  const bound = { ...next, tokensMax: Math.max(1, next.tokensMax - madeTokens) }
  const end = await complete(
    runner,
    withMade(bound, formTokens),
    signal,
    (text, logprobs) => {
      reply.add(text, logprobs)
      return false
    },
    (token) => {
      trail?.heard(token)
      return false
    },
  )
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

function saidNothing({ tokens }: CompletionInput): CompletionEnd {
  const none = { reusedTokens: 0, promptMs: 0, madeTokens: 0, madeMs: 0 }
  return { reason: 'stop', counters: { promptTokens: tokens.length, ...none }, logprobs: [] }
}

/** The input of an answer of which these tokens are known already. */
export function withMade(input: CompletionInput, made: readonly number[] = []): CompletionInput {
  return made.length === 0 ? input : { ...input, made }
}

/** The known tokens of the thought, and of what came behind it; undefined where it is not known to have ended. */
function partedTokens(trail: TokenTrail | undefined): {
  thoughtTokens: readonly number[]
  formTokens: readonly number[] | undefined
} {
  const tokens = trail?.point.tokens ?? []
  const end = tokens.indexOf(formBegins)
  if (end < 0) return { thoughtTokens: tokens, formTokens: undefined }
  return { thoughtTokens: tokens.slice(0, end), formTokens: tokens.slice(end + 1) }
}

/** The thought with both its tags, as it was said; empty when there was none. */
function thoughtIn(said: string, splitter: ThoughtSplitter, closeTag: string): string {
  if (!splitter.hasThought) return ''
  const end = said.indexOf(closeTag)
  return end < 0 ? said + closeTag : said.slice(0, end + closeTag.length)
}
