/** The routes of OpenAI's and Anthropic's APIs: native ones in other words. Source: Ollama server/routes.go and middleware/. */
import { isOdError, OdError } from '../../../core/errors/index.ts'
import { systemRandom } from '../../../sys/random.ts'
import { unpackZstd } from '../../../sys/zstd.ts'
import { anthropicError } from '../../../wire/anthropic/errors.ts'
import { translateMessages } from '../../../wire/anthropic/messages.ts'
import { ownModelName } from '../../../wire/ollama/model-source.ts'
import { translateChat } from '../../../wire/openai/chat.ts'
import { translateCompletion } from '../../../wire/openai/completions.ts'
import { translateEmbeddings } from '../../../wire/openai/embeddings.ts'
import { openaiError } from '../../../wire/openai/errors.ts'
import { translateModel, translateModels } from '../../../wire/openai/models.ts'
import { translateResponses } from '../../../wire/openai/responses.ts'
import { peekRequest } from '../../../wire/peek.ts'
import type { RefusalText, Translation, TranslationPorts } from '../../../wire/translation.ts'
import type { Exchange, Handler } from '../server.ts'
import type { EngineService } from '../service.ts'

/** Ollama unpacks no more than this. */
const unpackedBytesMax = 20 * 1024 * 1024

type NativeHandlers = Readonly<Record<Translation['route'], Handler>>

/** All routes under `/v1`. */
export function translatedRoutes(
  service: EngineService,
  native: NativeHandlers,
): Readonly<Record<string, Handler>> {
  const ports: TranslationPorts = {
    wallMs: () => service.clock.wallMs(),
    randomInteger: (max) => Math.floor(systemRandom.number() * max),
    randomHex: (bytes) => systemRandom.hex(bytes),
  }
  const refuseAnthropic: RefusalText = (status, message) => anthropicError(status, message, ports)
  const inference = (
    translate: (bytes: Uint8Array, ports: TranslationPorts) => Translation,
    refusal: RefusalText = openaiError,
  ) => translated(native, ({ body }) => translate(body, ports), refusal)
  return {
    'POST /v1/chat/completions': inference(translateChat),
    'POST /v1/completions': inference(translateCompletion),
    'POST /v1/embeddings': inference(translateEmbeddings),
    'POST /v1/responses': inference(translateResponses),
    'POST /v1/messages': inference(translateMessages, refuseAnthropic),
    'GET /v1/models': translated(native, translateModels, openaiError),
    'GET /v1/models/:model': translated(
      native,
      ({ parameter }) => {
        refuseCloud(parameter, 'remote model details are unavailable')
        return translateModel(parameter)
      },
      openaiError,
    ),
  }
}

/**
 * A route that is answered by a native one. What the translation refuses is answered here, in the client's form; models of
 * Ollama's cloud and a body that cannot be unpacked are refused before, in the native one.
 */
function translated(
  native: NativeHandlers,
  translate: (exchange: Exchange) => Translation,
  refusal: RefusalText,
): Handler {
  return async (exchange) => {
    const body = await unpacked(exchange)
    const { model } = peekRequest(body)
    if (model !== undefined) refuseCloud(model, 'remote model is unavailable')
    const translation = tryTo(() => translate({ ...exchange, body }))
    if (translation instanceof OdError) {
      const message = translation.code === 'OD_BODY_MISSING' ? 'EOF' : translation.message
      return exchange.answer.whole(400, refusal(400, message))
    }
    exchange.answer.speak(translation)
    const { route, relaxesThinking } = translation
    await native[route]({ ...exchange, body: Buffer.from(translation.body), relaxesThinking })
  }
}

/** Of all refusals that of a cloud's model alone is not the translation's to word. */
function tryTo<T>(work: () => T): T | OdError {
  try {
    return work()
  } catch (error) {
    if (isOdError(error) && error.code !== 'OD_CLOUD_DISABLED') return error
    throw error
  }
}

/** Throws `OD_CLOUD_DISABLED`; other faults of a name are the native route's to find. */
function refuseCloud(name: string, what: string): void {
  const fault = tryTo(() => ownModelName(name, what))
  if (fault instanceof OdError) return
}

/** The body, unpacked where it says that it is packed. Throws `OD_BODY_MALFORMED`. */
async function unpacked({ body, headers }: Exchange): Promise<Uint8Array> {
  if (headers['content-encoding'] !== 'zstd') return body
  try {
    return await unpackZstd(body, unpackedBytesMax)
  } catch {
    throw new OdError('OD_BODY_MALFORMED', { reason: 'unexpected EOF' })
  }
}
