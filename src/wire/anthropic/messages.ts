import { anthropicErrorFrame } from '../dialect-errors.ts'
import { encodeGoJson } from '../go-json/index.ts'
import { type ChatAnswer, readAnswer } from '../ollama/read-answers.ts'
import { eventStreamHeaders, type Translation, type TranslationPorts } from '../translation.ts'
import { estimateTokens } from './estimate.ts'
import { MessageEvents } from './events.ts'
import { nativeMessages } from './native.ts'
import { decodeMessages } from './request.ts'
import { stopReasonOf } from './stop-reason.ts'

/** `POST /v1/messages` as a native chat. Throws what the request is refused for. Source: Ollama middleware/anthropic.go. */
export function translateMessages(bytes: Uint8Array, ports: TranslationPorts): Translation {
  const request = decodeMessages(bytes)
  const id = `msg_${ports.randomHex(12)}`
  const events = new MessageEvents(id, request.model, estimateTokens(request))
  return {
    route: 'chat',
    body: nativeMessages(request),
    isStream: request.stream,
    headers: request.stream ? eventStreamHeaders : {},
    relaxesThinking: true,
    dialect: 'anthropic',
    whole: (answer) => `${encodeGoJson(messageOnWire(id, readAnswer<ChatAnswer>(answer)))}\n`,
    line: (line) => events.line(line),
    failure: (message) =>
      anthropicErrorFrame({ status: 500, message, requestId: ports.randomHex(12) }),
  }
}

function messageOnWire(id: string, answer: ChatAnswer): object {
  const { message: { thinking = '', content = '', tool_calls: calls = [] } = {} } = answer
  const blocks = [
    ...(thinking === '' ? [] : [{ type: 'thinking', thinking }]),
    ...(content === '' ? [] : [{ type: 'text', text: content }]),
    ...calls.map(({ id: callId = '', function: called }) => ({
      type: 'tool_use',
      id: callId || undefined,
      name: called.name,
      input: called.arguments ?? {},
    })),
  ]
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: answer.model ?? '',
    content: blocks.length === 0 ? null : blocks, // an empty list of Go's prints so
    stop_reason: stopReasonOf(answer.done_reason, calls.length > 0),
    usage: {
      input_tokens: answer.prompt_eval_count ?? 0,
      output_tokens: answer.eval_count ?? 0,
    },
  }
}
