/** A conversation at a terminal. */
import type { Call } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { asOdError, failureText } from '../failure.ts'
import type { GatewayClient } from '../gateway-client.ts'
import { printAnswer } from './answer.ts'
import {
  type ConversationEffect,
  type ConversationEvent,
  type Message,
  newConversation,
  stepConversation,
} from './conversation.ts'
import { countersText } from './counters.ts'
import type { RunRequest } from './request.ts'
import { openTyping, type Typed, type Typing } from './typing.ts'

const prompts = { message: '>>> ', more: '... ' } as const

/** Loads the model, so that a wrong name is told at once, and talks until the person leaves. */
export async function talk(
  call: Call,
  gateway: GatewayClient,
  request: RunRequest,
): Promise<ExitCode> {
  await load(call, gateway, request)
  const { terminal } = call
  terminal.print(`Talking with ${request.fields.model}. /help lists what else you can type.`)
  const typing = openTyping(call.self)
  let state = newConversation(request.system)
  const take = (event: ConversationEvent): readonly ConversationEffect[] => {
    const decision = stepConversation(state, event)
    state = decision.state
    return decision.effects
  }
  for (;;) {
    const isOpen = state.open !== undefined
    const event = eventOf(await typing.next(isOpen ? prompts.more : prompts.message))
    const effects = event === undefined ? [{ type: 'leave' } as const] : take(event)
    for (const effect of effects) {
      if (effect.type === 'say') terminal.print(effect.text)
      if (effect.type === 'leave') {
        typing.close()
        return exitCodes.ok
      }
      if (effect.type !== 'ask') continue
      const text = await answer({ call, gateway, request, messages: effect.messages, typing })
      take({ type: 'answer.ended', text })
    }
  }
}

/** Undefined when the person leaves. */
function eventOf(typed: Typed): ConversationEvent | undefined {
  switch (typed.type) {
    case 'line':
      return { type: 'line.typed', text: typed.text }
    case 'dropped':
      return { type: 'line.dropped', wasEmpty: typed.wasEmpty }
    case 'ended':
      return undefined
  }
}

async function load(call: Call, gateway: GatewayClient, { fields }: RunRequest): Promise<void> {
  const { format: _, think: __, ...body } = fields
  const { signal } = new AbortController()
  const objects = gateway.stream('/api/generate', body, signal)
  const { failure } = await printAnswer(call, objects, { hidesThinking: true })
  if (failure !== undefined) throw failure
}

/** Prints the answer to a message, or what is wrong, and gives its text. Ctrl-C stops it and nothing else. */
async function answer(options: {
  call: Call
  gateway: GatewayClient
  request: RunRequest
  messages: readonly Message[]
  typing: Typing
}): Promise<string> {
  const { call, gateway, request, messages, typing } = options
  const { self, terminal, commandName } = call
  const stopping = new AbortController()
  typing.onInterrupt(() => stopping.abort())
  const body = { ...request.fields, messages }
  const objects = gateway.stream('/api/chat', body, stopping.signal)
  const { text, last, failure } = await printAnswer(call, objects, request)
  typing.onInterrupt(() => {})
  terminal.print(text === '' || text.endsWith('\n') ? '' : '\n')
  if (failure !== undefined) {
    const isDebug = self.env['LOG_LEVEL'] === 'debug'
    terminal.note(`${failureText(asOdError(failure), { commandName, isDebug })}\n`)
  }
  if (request.isVerbose && last !== undefined) terminal.note(`${countersText(last)}\n`)
  return text
}
