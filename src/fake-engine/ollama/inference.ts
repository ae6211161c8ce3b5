/** What generate and chat make of a request; `reply.ts` answers it. */

import { tokenIds } from './babble.ts'
import type { Call } from './call.ts'
import { Failure, texts } from './failure.ts'
import { decodeBody } from './json-decode.ts'
import { fit, layOutChat, layOutGenerate, type Thinking } from './layout.ts'
import type { Entry } from './library.ts'
import { can, lookUp, wordings } from './lookup.ts'
import { readModelOptions } from './model-options.ts'
import { fullName } from './names.ts'
import type { Capability } from './options.ts'
import { type Job, opening, reply } from './reply.ts'
import { chatFields, generateFields } from './requests.ts'
import { callScript } from './script.ts'

export async function handleGenerate(call: Call): Promise<void> {
  const request = decodeBody(call.body, 'GenerateRequest', generateFields)
  checkTopLogprobs(request.top_logprobs)
  const asSent = request.model ?? ''
  const entry = lookUp(call.server.library, asSent, wordings.generate)
  const isEmpty = (request.prompt ?? '') === ''
  const said: Job['said'] = (text, thought) => ({
    response: text,
    thinking: thought || undefined,
  })
  if (isEmpty && request.keep_alive === 0) return unload(call, asSent, entry, said('', ''))
  const isRaw = request.raw === true
  if (isRaw && (request.template || request.system || request.context?.length)) {
    throw new Failure(400, texts.rawConflict)
  }
  const needed: Capability[] = request.suffix ? ['insert'] : []
  const thinking = checkAbilities(entry, asSent, 'generate', needed, request.think)
  await reply(call, {
    asSent,
    entry,
    options: readModelOptions(entry.model.parameters ?? {}, request.options ?? {}),
    request,
    isLoadOnly: isEmpty,
    thinks: thinking === 'open' && !isRaw,
    tools: [],
    callScript: undefined,
    said,
    layOut: (contextTokens) => {
      const whole = layOutGenerate(entry.model, request, thinking)
      const prompt = fit(whole, contextTokens, request.truncate ?? true)
      return { prompt, imageCount: request.images?.length ?? 0 }
    },
    closing: (allText) => (isRaw ? {} : { context: tokenIds(allText) }),
  })
}

/** Where thinking is optional, a model that cannot is not asked to. */
export async function handleChat(call: Call, isThinkingOptional = false): Promise<void> {
  const request = decodeBody(call.body, 'ChatRequest', chatFields)
  checkTopLogprobs(request.top_logprobs)
  const asSent = request.model ?? ''
  const entry = lookUp(call.server.library, asSent, wordings.chat)
  const role = request['_debug_render_only'] === true ? '' : 'assistant'
  const said: Job['said'] = (text, thought, calls = []) => ({
    message: {
      role,
      content: text,
      thinking: thought || undefined,
      tool_calls: calls.length > 0 ? calls : undefined,
    },
  })
  const messages = request.messages ?? []
  const isEmpty = messages.length === 0
  if (isEmpty && request.keep_alive === 0) return unload(call, asSent, entry, said('', ''))
  const needed: Capability[] = request.tools?.length ? ['tools'] : []
  const isDropped = isThinkingOptional && !can(entry, 'thinking')
  const think = isDropped ? undefined : request.think
  const thinking = checkAbilities(entry, asSent, 'chat', needed, think)
  await reply(call, {
    asSent,
    entry,
    options: readModelOptions(entry.model.parameters ?? {}, request.options ?? {}),
    request,
    isLoadOnly: isEmpty,
    thinks: thinking === 'open',
    tools: request.tools ?? [],
    callScript: callScript(request),
    said,
    layOut: (contextTokens) => layOutChat(entry.model, request, thinking, contextTokens),
    closing: () => ({}),
  })
}

function unload(call: Call, asSent: string, entry: Entry, said: Record<string, unknown>): void {
  call.server.scheduler.expire(entry)
  call.answer.object({ ...opening(call, asSent), ...said, done: true, done_reason: 'unload' })
}

function checkTopLogprobs(count = 0): void {
  if (count < 0 || count > 20) throw new Failure(400, 'top_logprobs must be between 0 and 20')
}

/** Refuses what the model cannot do, and tells whether it thinks: unasked, a model that can does. */
function checkAbilities(
  entry: Entry,
  asSent: string,
  verb: 'generate' | 'chat',
  needed: readonly Capability[],
  think: boolean | string | undefined,
): Thinking {
  const quoted = JSON.stringify(asSent)
  if (!can(entry, 'completion')) throw new Failure(400, `${quoted} does not support ${verb}`)
  const lacking = needed.filter((capability) => !can(entry, capability))
  if (lacking.length > 0) {
    const name = fullName(entry.name)
    throw new Failure(400, lacking.map((one) => `${name} does not support ${one}`).join('\n'))
  }
  if (can(entry, 'thinking')) return think === false ? 'closed' : 'open'
  if (think !== undefined && think !== false) {
    throw new Failure(400, `${quoted} does not support thinking`)
  }
  return 'absent'
}
