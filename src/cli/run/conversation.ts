/**
 * A conversation as it is typed: which lines are messages, which are for this program, and what the model is told. Pure;
 * the terminal is in `session.ts`. Source of the signs: Ollama cmd/interactive.go.
 */
import type { Decision } from '../../core/loop.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Conversation {
  readonly messages: readonly Message[]
  /** Lines of a message that `"""` began and that is not ended yet. */
  readonly open: readonly string[] | undefined
}

export type ConversationEvent =
  | { readonly type: 'line.typed'; readonly text: string }
  /** Ctrl-C at the prompt; `wasEmpty` when nothing stood there. */
  | { readonly type: 'line.dropped'; readonly wasEmpty: boolean }
  /** The answer, or as much of it as there was when it was stopped or failed. */
  | { readonly type: 'answer.ended'; readonly text: string }

export type ConversationEffect =
  | { readonly type: 'ask'; readonly messages: readonly Message[] }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'leave' }

/** Characters of one message; the gateway takes no larger body. */
const messageCharactersMax = 32 * 1024 * 1024

const fence = '"""'

const helpText = [
  '  /clear   forget what was said',
  '  /bye     leave; so does Ctrl-D',
  '  /help    show this; also /?',
  '  """      begins a message of several lines, and ends it',
  '  Ctrl-C   stops an answer',
].join('\n')

/** A conversation in which nothing was said yet. */
export function newConversation(system: string | undefined): Conversation {
  return { messages: systemMessages(system), open: undefined }
}

export function stepConversation(
  state: Conversation,
  event: ConversationEvent,
): Decision<Conversation, ConversationEffect> {
  switch (event.type) {
    case 'line.typed':
      return state.open === undefined
        ? typed(state, event.text)
        : continued(state, state.open, event.text)
    case 'line.dropped':
      return event.wasEmpty && state.open === undefined
        ? say(state, 'Ctrl-D or /bye leaves.')
        : { state: { ...state, open: undefined }, effects: [] }
    case 'answer.ended':
      return { state: answered(state, event.text), effects: [] }
  }
}

function typed(state: Conversation, line: string): Decision<Conversation, ConversationEffect> {
  if (line.startsWith(fence)) return continued(state, [], line.slice(fence.length))
  const text = line.trim()
  if (text === '') return { state, effects: [] }
  return isCommand(text) ? obey(state, text) : ask(state, line)
}

/** `/etc/hosts is …` is a message: no command has a second slash. */
function isCommand(text: string): boolean {
  return /^\/[^/\s]*(\s|$)/.test(text)
}

function continued(
  state: Conversation,
  open: readonly string[],
  line: string,
): Decision<Conversation, ConversationEffect> {
  const isEnd = line.trimEnd().endsWith(fence)
  const lines = [...open, isEnd ? line.trimEnd().slice(0, -fence.length) : line]
  if (lines.reduce((sum, { length }) => sum + length, 0) > messageCharactersMax) {
    return say({ ...state, open: undefined }, 'The message is too long and was dropped.')
  }
  if (!isEnd) return { state: { ...state, open: lines }, effects: [] }
  const message = lines.join('\n').replace(/^\n/, '') // what follows the sign on its line is rarely meant
  const closed = { ...state, open: undefined }
  return message.trim() === '' ? { state: closed, effects: [] } : ask(closed, message)
}

function obey(state: Conversation, text: string): Decision<Conversation, ConversationEffect> {
  const [command = ''] = text.split(/\s/)
  switch (command) {
    case '/bye':
    case '/exit':
      return { state, effects: [{ type: 'leave' }] }
    case '/clear': {
      const messages = state.messages.filter(({ role }) => role === 'system')
      return say({ ...state, messages }, 'Forgotten.')
    }
    case '/help':
    case '/?':
      return say(state, helpText)
    default:
      return say(state, `There is no command ${command}; /help lists them.`)
  }
}

function ask(state: Conversation, content: string): Decision<Conversation, ConversationEffect> {
  const messages: readonly Message[] = [...state.messages, { role: 'user', content }]
  return { state: { ...state, messages }, effects: [{ type: 'ask', messages }] }
}

/** What was seen was said, also when it is only a beginning; a question without any answer was not asked. */
function answered(state: Conversation, content: string): Conversation {
  const { messages } = state
  if (content === '') return { ...state, messages: messages.slice(0, -1) }
  return { ...state, messages: [...messages, { role: 'assistant', content }] }
}

function say(state: Conversation, text: string): Decision<Conversation, ConversationEffect> {
  return { state, effects: [{ type: 'say', text }] }
}

function systemMessages(system: string | undefined): readonly Message[] {
  return system === undefined ? [] : [{ role: 'system', content: system }]
}
