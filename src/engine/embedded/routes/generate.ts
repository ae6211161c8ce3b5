/** `POST /api/generate`. Source: Ollama server/routes.go, GenerateHandler. */
import { OdError } from '../../../core/errors/index.ts'
import { findForeignToken } from '../../../wire/http/context-tokens.ts'
import { decodeGenerate, type GenerateRequest, type Think } from '../../../wire/ollama/requests.ts'
import {
  generateChunk,
  generateFinal,
  generateLoaded,
  generateRendered,
} from '../../../wire/ollama/responses.ts'
import type { InstalledModel } from '../ports.ts'
import { chatPrompt, type Prompt, renderWith, textPrompt } from '../prompt.ts'
import type { Handler } from '../server.ts'
import { type EngineService, findModel, type Ready } from '../service.ts'
import { type Made, needLogprobsInRange, respond } from './respond.ts'

export function generateRoute(service: EngineService): Handler {
  return async (exchange) => {
    const { body } = exchange
    const request = decodeGenerate(body)
    const token = findForeignToken(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
    if (token !== undefined) throw new OdError('OD_EDGE_CONTEXT', { token })
    needLogprobsInRange(request)
    const model = await findModel(service, request.model)
    const head = () => ({ model: request.model, wallMs: service.clock.wallMs() })
    const isEmpty = request.prompt === ''
    const imageCount = request.images.length
    await respond(service, exchange, { ...request, isEmpty }, model, {
      needs: {
        work: 'generate',
        also: request.suffix === '' ? [] : ['insert'],
        tools: [],
      },
      check: () => refuseRawConflict(request),
      prompt: (ready, think) => promptOf(service, model, request, ready, think),
      chunk: ({ text, thinking }, logprobs) =>
        generateChunk({ ...head(), response: text, thinking, logprobs }),
      rendered: (text) => generateRendered({ ...head(), rendered: { template: text, imageCount } }),
      empty: (doneReason) => generateLoaded({ ...head(), doneReason }),
      async final({ text, thinking }, finished, made) {
        const context = request.raw ? {} : { context: await contextOf(made) }
        return generateFinal({ ...head(), ...finished, ...context, response: text, thinking })
      },
    })
  }
}

function refuseRawConflict({ raw, template, system, context }: GenerateRequest): void {
  if (raw && (template !== '' || system !== '' || context.length > 0)) {
    throw new OdError('OD_RAW_CONFLICT')
  }
}

async function promptOf(
  service: EngineService,
  model: InstalledModel,
  request: GenerateRequest,
  { lease }: Ready,
  think: Think | undefined,
): Promise<Prompt> {
  const { prompt, suffix, context } = request
  if (request.raw) return textPrompt(prompt, lease)
  const render = renderWith(service, model, lease, {
    own: request.template || undefined,
    think,
  })
  if (suffix !== '') return textPrompt(render({ prompt, suffix }), lease)
  const system = request.system || model.system || ''
  const images = request.images.map((_, index) => `[img-${index}]`).join('')
  const messages = [
    ...(system === '' ? [] : [{ role: 'system', content: system }]),
    ...(context.length > 0 ? [] : model.messages),
    { role: 'user', content: images + prompt },
  ]
  if (context.length === 0) {
    return chatPrompt(render, { messages }, lease, request.truncate !== false)
  }
  const before = new TextDecoder().decode(await lease.runner.detokenize(context))
  return textPrompt(before + render({ messages }), lease)
}

/** The conversation so far as tokens, which a client sends back to go on; Ollama tokenises the text anew. */
function contextOf({ prompt, text, ready }: Made): Promise<number[]> {
  return ready.lease.runner.tokenize(prompt.text + text, false)
}
