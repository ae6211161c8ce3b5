/** The routes of OpenAI's and Anthropic's APIs: native ones in other words. Source: Ollama server/routes.go and middleware/. */
import type { Dialect } from '../../../core/dialect.ts'
import { isOdError, OdError } from '../../../core/errors/index.ts'
import { systemRandom } from '../../../sys/random.ts'
import { unpackZstd } from '../../../sys/zstd.ts'
import { translateMessages } from '../../../wire/anthropic/messages.ts'
import { goQuote } from '../../../wire/go-json/index.ts'
import { isCloudName } from '../../../wire/ollama/model-source.ts'
import { translateChat } from '../../../wire/openai/chat.ts'
import { translateCompletion } from '../../../wire/openai/completions.ts'
import { translateEmbeddings } from '../../../wire/openai/embeddings.ts'
import { imageEditModel, imageGenerationModel } from '../../../wire/openai/images.ts'
import { translateModel, translateModels } from '../../../wire/openai/models.ts'
import { translateResponses } from '../../../wire/openai/responses.ts'
import { transcriptionModel } from '../../../wire/openai/transcription.ts'
import { peekRequest } from '../../../wire/peek.ts'
import type { Translation, TranslationPorts } from '../../../wire/translation.ts'
import { refusalText } from '../answer.ts'
import type { Exchange, Handler } from '../server.ts'
import { type EngineService, findModel } from '../service.ts'

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
  const inference = (
    translate: (bytes: Uint8Array, ports: TranslationPorts) => Translation,
    dialect: Dialect = 'openai',
  ) => translated(native, ({ body }) => translate(body, ports), dialect)
  const picture = (modelIn: (bytes: Uint8Array) => string) =>
    unable(service, async (exchange) => modelIn(await ownRequest(exchange)), 'image generation')
  return {
    'POST /v1/chat/completions': inference(translateChat),
    'POST /v1/completions': inference(translateCompletion),
    'POST /v1/embeddings': inference(translateEmbeddings),
    'POST /v1/responses': inference(translateResponses),
    'POST /v1/messages': inference(translateMessages, 'anthropic'),
    'GET /v1/models': translated(native, translateModels, 'openai'),
    'GET /v1/models/:model': translated(
      native,
      ({ parameter }) => {
        refuseCloud(parameter, 'remote model details are unavailable')
        return translateModel(parameter)
      },
      'openai',
    ),
    'POST /v1/images/generations': picture(imageGenerationModel),
    'POST /v1/images/edits': picture(imageEditModel),
    'POST /v1/audio/transcriptions': unable(
      service,
      ({ body, headers }) => transcriptionModel(body, headers['content-type'] ?? ''),
      'audio',
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
  dialect: Dialect,
): Handler {
  return async (exchange) => {
    const body = await ownRequest(exchange)
    const translation = tryTo(() => translate({ ...exchange, body }))
    if (translation instanceof OdError) {
      const words = wordsOf(translation)
      return exchange.answer.whole(400, refusalText(dialect, 400, words, detailsOf(translation)))
    }
    exchange.answer.speak(translation)
    const { route, relaxesThinking } = translation
    await native[route]({ ...exchange, body: Buffer.from(translation.body), relaxesThinking })
  }
}

/** A route for what no model of this engine can do: found fault with as by Ollama, then refused as for a model that cannot. */
function unable(
  service: EngineService,
  modelIn: (exchange: Exchange) => string | Promise<string>,
  capability: string,
): Handler {
  return async (exchange) => {
    const { answer } = exchange
    const name = await Promise.resolve(exchange).then(modelIn).catch(faultOf)
    if (name instanceof OdError) {
      return answer.whole(400, refusalText('openai', 400, wordsOf(name)))
    }
    const fault = await findModel(service, name).then(
      () => new OdError('OD_MODEL_CANNOT', { model: goQuote(name), capability }),
      faultOf,
    )
    const { httpStatus, message } = fault
    answer.whole(httpStatus, `${refusalText('openai', httpStatus, message)}\n`, 'bareJson')
  }
}

function tryTo<T>(work: () => T): T | OdError {
  try {
    return work()
  } catch (error) {
    return faultOf(error)
  }
}

/** Of all refusals that of a cloud's model alone is not the translation's to word. */
function faultOf(error: unknown): OdError {
  if (isOdError(error) && error.code !== 'OD_CLOUD_DISABLED') return error
  throw error
}

/** An empty body has another name here than in the native API. */
function wordsOf({ code, message }: OdError): string {
  return code === 'OD_BODY_MISSING' ? 'EOF' : message
}

/** Anthropic's client sends the whole conversation when it reads this. */
function detailsOf({ code }: OdError): { error_code: string } | undefined {
  return code === 'OD_THREAD_UNKNOWN' ? { error_code: 'thread_not_found' } : undefined
}

/** Throws `OD_CLOUD_DISABLED`; other faults of a name are the native route's to find. */
function refuseCloud(name: string, what: string): void {
  if (isCloudName(name)) throw new OdError('OD_CLOUD_DISABLED', { what })
}

/** The body of a request that is not for Ollama's cloud. Throws `OD_CLOUD_DISABLED`, `OD_BODY_MALFORMED`. */
async function ownRequest(exchange: Exchange): Promise<Uint8Array> {
  const body = await unpacked(exchange)
  const { model } = peekRequest(body)
  if (model !== undefined) refuseCloud(model, 'remote model is unavailable')
  return body
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
