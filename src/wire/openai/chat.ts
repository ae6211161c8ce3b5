import { openAiErrorFrame } from '../dialect-errors.ts'
import { encodeGoJson } from '../go-json/index.ts'
import {
  type ChatAnswer,
  readAnswer,
  type ToolCallAnswer,
  unixSeconds,
} from '../ollama/read-answers.ts'
import { plainEvent, type Translation, type TranslationPorts } from '../translation.ts'
import { decodeChatCompletion, nativeChat } from './chat-request.ts'
import { fingerprint, idsMax, usageOf } from './usage.ts'

/**
 * `POST /v1/chat/completions` as a native chat. Throws what the request is refused for. Source: Ollama
 * middleware/openai.go, ChatWriter, and openai/openai.go, ToChatCompletion and ToChunks.
 */
export function translateChat(bytes: Uint8Array, ports: TranslationPorts): Translation {
  const request = decodeChatCompletion(bytes)
  const id = `chatcmpl-${ports.randomInteger(idsMax)}`
  const hasUsage = request.streamOptions?.includeUsage === true
  let hasCalled = false
  return {
    route: 'chat',
    body: nativeChat(request),
    isStream: request.stream,
    headers: {},
    relaxesThinking: false,
    dialect: 'openai',
    whole: (answer) => `${encodeGoJson(completion(id, readAnswer<ChatAnswer>(answer)))}\n`,
    line(line) {
      const answer = readAnswer<ChatAnswer>(line)
      const head = chunkHead(id, answer.model ?? '', Math.floor(ports.wallMs() / 1000))
      const events = chunks(answer, hasCalled).map((choice) =>
        plainEvent(encodeGoJson({ ...head, choices: [choice] })),
      )
      hasCalled ||= callsOf(answer).length > 0
      if (answer.done !== true) return events.join('')
      const usage = { ...head, choices: [], usage: usageOf(answer) }
      if (hasUsage) events.push(plainEvent(encodeGoJson(usage)))
      return [...events, plainEvent('[DONE]')].join('')
    },
    failure: (message) => openAiErrorFrame({ status: 500, message, requestId: '' }),
  }
}

function completion(id: string, answer: ChatAnswer): object {
  const { message = {}, done_reason: reason = '' } = answer
  const calls = callsOf(answer)
  return {
    id,
    object: 'chat.completion',
    created: unixSeconds(answer.created_at),
    model: answer.model ?? '',
    system_fingerprint: fingerprint,
    choices: [
      {
        index: 0,
        message: {
          role: message.role ?? '',
          content: message.content ?? '',
          reasoning: message.thinking || undefined,
          tool_calls: calls.length === 0 ? undefined : calls.map(toolCallOnWire),
        },
        finish_reason: calls.length > 0 ? 'tool_calls' : reason || null,
        logprobs: logprobsOf(answer),
      },
    ],
    usage: usageOf(answer),
    _debug_info: answer._debug_info,
  }
}

function chunkHead(id: string, model: string, created: number): object {
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    system_fingerprint: fingerprint,
  }
}

/** Thought and text, or a call, never share a chunk. `hasCalled`: a call went before. */
function chunks(answer: ChatAnswer, hasCalled: boolean): object[] {
  const { message: { content = '', thinking = '' } = {}, done_reason: reason = '' } = answer
  const calls = callsOf(answer)
  const logprobs = logprobsOf(answer)
  const finish = reason !== '' && (hasCalled || calls.length > 0) ? 'tool_calls' : reason || null
  const rest = {
    content,
    tool_calls: calls.length === 0 ? undefined : calls.map(toolCallOnWire),
  }
  if (thinking === '') return [choice({ ...rest }, finish, logprobs)]
  const isMixed = content !== '' || calls.length > 0
  const reasoning = { content: '', reasoning: thinking }
  if (!isMixed) return [choice(reasoning, finish, logprobs)]
  return [choice(reasoning, null, logprobs), choice(rest, finish, undefined)]
}

function choice(delta: object, finish: string | null, logprobs: object | undefined): object {
  return { index: 0, delta: { role: 'assistant', ...delta }, finish_reason: finish, logprobs }
}

function callsOf({ message }: ChatAnswer): readonly ToolCallAnswer[] {
  return message?.tool_calls ?? []
}

function logprobsOf({ logprobs }: ChatAnswer): object | undefined {
  return logprobs?.length ? { content: logprobs } : undefined
}

function toolCallOnWire({ id = '', function: called }: ToolCallAnswer): object {
  const { index = 0, name, arguments: args = {} } = called
  return { id, index, type: 'function', function: { name, arguments: encodeGoJson(args) } }
}
