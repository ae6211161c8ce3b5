/** `POST /api/chat`. Source: Ollama server/routes.go, ChatHandler. */
import { OdError } from '../../../core/errors/index.ts'
import { type ChatRequest, decodeChat } from '../../../wire/ollama/requests.ts'
import {
  chatChunk,
  chatFinal,
  chatLoaded,
  chatRendered,
  type MessagePart,
} from '../../../wire/ollama/responses.ts'
import { offeredTool } from '../../reply/index.ts'
import type { PromptMessage } from '../../template/index.ts'
import type { InstalledModel } from '../ports.ts'
import { chatPrompt, renderWith } from '../prompt.ts'
import type { Handler } from '../server.ts'
import { type EngineService, findModel } from '../service.ts'
import { withoutOldThoughts } from '../thinking.ts'
import { needLogprobsInRange, respond, type ShownPart } from './respond.ts'

export function chatRoute(service: EngineService): Handler {
  return async (exchange) => {
    const request = decodeChat(exchange.body)
    needLogprobsInRange(request)
    if (request.model.trim() === '') throw new OdError('OD_MODEL_REQUIRED')
    const model = await findModel(service, request.model)
    const head = () => ({ model: request.model, wallMs: service.clock.wallMs() })
    const isEmpty = request.messages.length === 0
    const imageCount = request.messages.reduce((sum, { images }) => sum + images.length, 0)
    await respond(service, exchange, { ...request, isEmpty }, model, {
      needs: {
        work: 'chat',
        also: request.tools.length === 0 ? [] : ['tools'],
        tools: request.tools.map(offeredTool),
      },
      prompt({ lease }, think) {
        const render = renderWith(service, model, lease, { think })
        const { tools } = request
        const input = {
          messages: messagesOf(request, model),
          ...(tools.length > 0 && { tools }),
        }
        return chatPrompt(render, input, lease, request.truncate !== false)
      },
      chunk: (part, logprobs) => chatChunk({ ...head(), message: messageOf(part), logprobs }),
      rendered: (text) => chatRendered({ ...head(), rendered: { template: text, imageCount } }),
      empty: (doneReason) => chatLoaded({ ...head(), doneReason }),
      final: async (part, finished) =>
        chatFinal({ ...head(), ...finished, message: messageOf(part) }),
    })
  }
}

function messageOf({ text, thinking, toolCalls }: ShownPart): MessagePart {
  return { content: text, thinking, toolCalls }
}

/** The model's own messages first, and its system text unless the client brings one at the start. */
function messagesOf(request: ChatRequest, model: InstalledModel): PromptMessage[] {
  let image = 0
  const asked = request.messages.map(({ images, content, ...message }) => {
    const marks = images.map(() => `[img-${image++}]`).join('')
    return { ...message, content: marks + content }
  })
  const hasSystem = request.messages[0]?.role === 'system'
  const system = hasSystem || !model.system ? [] : [{ role: 'system', content: model.system }]
  return withoutOldThoughts([...system, ...model.messages, ...asked], model)
}
