import { encodeGoJson } from '../go-json/index.ts'
import { type ChatAnswer, readAnswer, unixSeconds } from '../ollama/read-answers.ts'
import { eventStreamHeaders, type Translation, type TranslationPorts } from '../translation.ts'
import { ResponsesEvents } from './responses-events.ts'
import { callItem, idsMax, messageItem, reasoningItem } from './responses-items.ts'
import { nativeResponses } from './responses-native.ts'
import { responseObject, responsesUsage } from './responses-object.ts'
import { decodeResponses } from './responses-request.ts'

/**
 * `POST /v1/responses` as a native chat. Nothing is stored, `previous_response_id` and the like are not read. Throws what the
 * request is refused for. Source: Ollama middleware/openai.go, ResponsesWriter.
 */
export function translateResponses(bytes: Uint8Array, ports: TranslationPorts): Translation {
  const request = decodeResponses(bytes)
  const id = `resp_${ports.randomInteger(idsMax)}`
  const messageId = `msg_${ports.randomInteger(idsMax)}`
  const isStream = request.stream === true
  const events = new ResponsesEvents(request, ports, id, messageId)
  return {
    route: 'chat',
    body: nativeResponses(request),
    isStream,
    headers: isStream ? eventStreamHeaders : {},
    relaxesThinking: false,
    dialect: 'openai',
    whole(text) {
      const answer = readAnswer<ChatAnswer>(text)
      const response = responseObject(request, {
        id,
        createdAt: unixSeconds(answer.created_at),
        completedAt: Math.floor(ports.wallMs() / 1000),
        status: 'completed',
        output: outputOf(answer, id, messageId),
        usage: responsesUsage(answer),
      })
      return `${encodeGoJson(response)}\n`
    },
    line: (line) => events.line(line),
    failure: (message) => events.failure(message),
  }
}

/** A call takes the place of a text. */
function outputOf({ message = {} }: ChatAnswer, id: string, messageId: string): object[] {
  const { thinking = '', content = '', tool_calls: calls = [] } = message
  const thought = thinking === '' ? [] : [reasoningItem(`rs_${id}`, thinking)]
  if (calls.length === 0) return [...thought, messageItem(messageId, content)]
  return [...thought, ...calls.map((call, at) => callItem(`fc_${id}_${at}`, call))]
}
